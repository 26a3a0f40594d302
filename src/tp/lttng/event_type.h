/* SPDX-License-Identifier: MIT */
/* The CTF types of fields, as liblttng-ust describes them. */
#ifndef TP_LTTNG_EVENT_TYPE_H
#define TP_LTTNG_EVENT_TYPE_H

#include <lttng/ust-events.h>

#include "model/probe.h"
#include "util/table.h"

/* The types of enumeration fields, each made once. */
struct event_enums {
    struct table by_type; /* struct enum_type -> list of struct event_enum */
};

/*
 * The type of the field, or NULL when LTTng has none for it (a size it does not know) or memory is
 * out. It lives as long as `enums`, or for ever.
 */
const struct lttng_ust_type_common *event_type_of(const struct field *field,
                                                  struct event_enums *enums);

/* Whether LTTng has a type for fields of that kind, size and sign. */
bool event_type_exists(const struct field *field);

/* Bytes the field's value takes in a record, and its alignment there: what lttng_ust_rb_alignof
   says of the C type (1 on x86, where records are packed). Not for strings. */
size_t event_type_size(const struct field *field);
size_t event_type_alignment(const struct field *field);

/* Frees the types of enumerations that events were made with, once no event uses them any more. */
void event_enums_free(struct event_enums *enums);

#endif
