/* SPDX-License-Identifier: MIT */
/* Extra fields: values of a call that are not the function's own. See enum extra_field. */
#ifndef SYMBOLS_EXTRA_FIELDS_H
#define SYMBOLS_EXTRA_FIELDS_H

#include "model/probe.h"
#include "util/arena.h"
#include "util/error.h"

/*
 * Appends the extra fields in `extras` (mask of 1 << enum extra_field) to the probe: EXTRA_DURATION
 * and EXTRA_CPU to the exit event, the others to both events. The function's own fields keep their
 * names; an extra field whose name is taken gets "_2". If there is no room, the function's last
 * fields are dropped and listed in not_shown. -ENOMEM.
 */
MUST_CHECK int extra_fields_add(struct probe *probe, unsigned extras, struct arena *arena);

/* The name of the extra field; NULL after the last one. */
const char *extra_field_name(enum extra_field extra);

#endif
