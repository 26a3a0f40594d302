/* SPDX-License-Identifier: MIT */
/* A value of an event by itself: to compare, and to show without its event. */
#ifndef ANALYSIS_EVENT_VALUE_H
#define ANALYSIS_EVENT_VALUE_H

#include <stdint.h>
#include <stdio.h>

#include "analysis/trace_event.h"

struct event_value {
    enum {
        EVENT_VALUE_ABSENT, /* the event has no such field */
        EVENT_VALUE_SIGNED,
        EVENT_VALUE_UNSIGNED,
        EVENT_VALUE_REAL,
        EVENT_VALUE_TEXT, /* the text of a string, or the label of an enumerator, with `number` */
    } kind;
    union {
        int64_t number; /* SIGNED; TEXT, if has_number */
        uint64_t bits;  /* UNSIGNED */
        double real;
    };
    bool has_number;  /* of a TEXT: an enumerator */
    bool is_float;    /* of a REAL: a float, not a double */
    const char *text; /* of a TEXT */
};

/* Field number `i` of the event. Texts are valid during the callback. i < 0: absent. */
struct event_value event_value_of(const struct trace_event *event, int i);

/* Whether what the field is of was read: a pointer may be NULL or bad. */
enum pointee_state event_pointee_state(const struct trace_event *event, const struct field *field);

/* The value as --print shows it, without quotes. The caller frees it. NULL: out of memory. */
char *event_value_text(const struct trace_event *event, int i);

#endif
