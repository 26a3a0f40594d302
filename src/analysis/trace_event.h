/* SPDX-License-Identifier: MIT */
/*
 * An event of a function, and its values. Values are decoded when they are asked for: an event
 * whose fields nobody asks for costs nothing.
 */
#ifndef ANALYSIS_TRACE_EVENT_H
#define ANALYSIS_TRACE_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "model/call_times.h"
#include "model/field.h"
#include "model/hit.h"
#include "model/probe.h"

struct traced_function;
struct trace_event;

/* What the events of one class have in common. There is one for each event class of each trace: so
   one function may have several, with different fields. */
struct event_layout {
    uint32_t id;                      /* from 0, without gaps */
    struct traced_function *function; /* NULL: each event names its own by an address */
    enum hit_kind kind;
    bool by_jump; /* recorded inside the program, without a stop: a trace of our own tells */
    /*
     * The fields in the events' order: parameters or results first, extra fields (--with) last. The
     * members name, kind, is_signed, size, guard, is_referred and enumeration are set, and
     * place.kind of pointees' states and extra fields (with place.index). Fields of types that
     * function events do not have (arrays, structures) are left out.
     */
    const struct field *fields;
    size_t n_fields;
    size_t n_extras;                  /* of these, at the end: the extra fields */
    int16_t extras[PROBE_EXTRAS_MAX]; /* by enum extra_field: the index of its field; -1: none */
    /* trace_event_value(), trace_event_cpu() */
    uint64_t (*value)(const struct trace_event *event, size_t i, const char **text);
    int (*cpu)(const struct trace_event *event);
};

/* The index of the field of that name, or -1. It holds for all events of the layout. */
static inline int event_layout_field(const struct event_layout *layout, const char *name)
{
    for (size_t i = 0; i < layout->n_fields; i++)
        if (strcmp(layout->fields[i].name, name) == 0)
            return (int)i;
    return -1;
}

/* Valid during a callback only. */
struct trace_event {
    const struct event_layout *layout;
    struct traced_function *function;
    uint64_t time_ns;   /* since the epoch, if the trace's clock tells */
    uint64_t clock_ns;  /* by the trace's clock; 0: not in ns, or not known */
    const void *source; /* the reader's own */
};

/*
 * Field number `i` (< n_fields) in the form of hit.values: integers extended to 64 bits, floats as
 * the bits of a double. *text is set for the kinds with value_is_text(), else NULL; it is valid
 * during the callback.
 */
static inline uint64_t trace_event_value(const struct trace_event *event, size_t i,
                                         const char **text)
{
    return event->layout->value(event, i, text);
}

/* Whether the event has that extra field, and its value, if it is a number. */
static inline bool trace_event_has(const struct trace_event *event, enum extra_field extra)
{
    return event->layout->extras[extra] >= 0;
}

static inline uint64_t trace_event_extra(const struct trace_event *event, enum extra_field extra)
{
    const char *text;
    return trace_event_value(event, (size_t)event->layout->extras[extra], &text);
}

/* How long the thread was on a CPU for the call, in nanoseconds, if that was recorded (--with=cpu):
   then *recorded is set. Else 0. `event` may be NULL. */
static inline uint64_t trace_event_cpu_time(const struct trace_event *event, bool *recorded)
{
    int field = event ? event->layout->extras[EXTRA_CPU] : -1;
    const char *text;
    *recorded |= field >= 0;
    return field >= 0 ? trace_event_value(event, (size_t)field, &text) : 0;
}

/* Of costs of tracing, those by stops and by jumps, what this event cost. Either may be NULL. */
static inline const struct call_costs *trace_event_costs(const struct trace_event *event,
                                                         const struct call_costs *costs)
{
    return costs && event && event->layout->by_jump ? costs + COSTS_BY_JUMP : costs;
}

/* The CPU that the event was recorded on; -1: not recorded. */
static inline int trace_event_cpu(const struct trace_event *event)
{
    return event->layout->cpu(event);
}

#endif
