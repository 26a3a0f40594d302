/* SPDX-License-Identifier: MIT */
/* liblttng-ust's descriptions of the CTF types of fields. */
#ifndef TP_LTTNG_EVENT_TYPE_H
#define TP_LTTNG_EVENT_TYPE_H

#include <lttng/ust-events.h>

#include "model/probe.h"
#include "util/table.h"

/* The types of enumeration fields; each is made once. */
struct event_enums {
    struct table by_type; /* struct enum_type -> list of struct event_enum */
};

/*
 * The type of the field. NULL: LTTng has no such type, or out of memory. Valid as long as `enums`.
 */
const struct lttng_ust_type_common *event_type_of(const struct field *field,
                                                  struct event_enums *enums);

/* Whether LTTng has a type for the field's kind and size. */
bool event_type_exists(const struct field *field);

/* The size of the field's value in a record, and its alignment there, in bytes. The alignment is
   lttng_ust_rb_alignof of the C type: 1 on x86, where records are packed. Not for strings. */
size_t event_type_size(const struct field *field);
size_t event_type_alignment(const struct field *field);

/* Frees the enumeration types. No event may use them any more. */
void event_enums_free(struct event_enums *enums);

#endif
