/* SPDX-License-Identifier: MIT */
/* The fields of an event class, as the model has them. */
#ifndef ANALYSIS_BABELTRACE_CLASS_FIELDS_H
#define ANALYSIS_BABELTRACE_CLASS_FIELDS_H

#include <babeltrace2/babeltrace.h>
#include <stddef.h>

#include "analysis/babeltrace/layouts.h"
#include "model/field.h"
#include "util/arena.h"

/* The member of that name of a structure's class, which may be NULL; index -1: there is none, or it
   is no number or text. */
struct member class_member(const bt_field_class *structure, const char *name);

/* The numbers and texts in a payload, PROBE_FIELDS_MAX at most. 0, or -ENOMEM. */
MUST_CHECK int class_fields(struct arena *arena, const bt_field_class *payload,
                            struct field **fields, struct member **members, size_t *n);

#endif
