/* SPDX-License-Identifier: MIT */
/* Facts of a call as fields behind the function's own: see enum extra_field. */
#ifndef SYMBOLS_EXTRA_FIELDS_H
#define SYMBOLS_EXTRA_FIELDS_H

#include "model/probe.h"
#include "util/arena.h"
#include "util/error.h"

/*
 * Adds the extras in `extras` (mask of 1 << enum extra_field) to the probe's fields: all but
 * EXTRA_DURATION to both events, that to the exit. The function's own fields keep their names; a
 * extra whose name is taken gets "_2". Where there is no room, the last fields give way and are
 * noted in not_shown. -ENOMEM.
 */
MUST_CHECK int extra_fields_add(struct probe *probe, unsigned extras, struct arena *arena);

/* The name of an extra's field; NULL behind the last. */
const char *extra_field_name(enum extra_field extra);

#endif
