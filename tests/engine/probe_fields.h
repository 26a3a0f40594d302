/* SPDX-License-Identifier: MIT */
/* Fields for probes of tests: an integer argument and an integer result. */
#ifndef ENGINE_PROBE_FIELDS_H
#define ENGINE_PROBE_FIELDS_H

#include "model/field.h"

static const struct field INTEGER_ARG = {
    .name = "i",
    .kind = VALUE_INTEGER,
    .is_signed = true,
    .size = 8,
    .place = {.kind = PLACE_INTEGER_ARG},
};
static const struct field INTEGER_RESULT = {
    .name = "result",
    .kind = VALUE_INTEGER,
    .is_signed = true,
    .size = 8,
    .place = {.kind = PLACE_INTEGER_RET},
};

#endif
