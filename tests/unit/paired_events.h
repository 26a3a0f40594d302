/* SPDX-License-Identifier: MIT */
/* Events that a test writes down, and the calls that come of them. */
#ifndef UNIT_PAIRED_EVENTS_H
#define UNIT_PAIRED_EVENTS_H

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "analysis/call_pairing.h"
#include "analysis/thread_set.h"
#include "analysis/thread_table.h"
#include "unit/check_main.h"

enum { NOT_RECORDED = -1 };

/* The events have the extra fields depth and duration, or not. */
static struct event_layout entries = {.kind = HIT_ENTRY}, exits = {.kind = HIT_EXIT};
static uint64_t event_depth, event_duration;

static struct function_table *functions;
static struct call_pairing *pairing;
static struct call_counts counts;
static struct thread_set switching;
static struct event_origin origin;
static char seen[4096];

static inline uint64_t value(const struct trace_event *event, size_t i, const char **text)
{
    *text = NULL;
    return event->layout->extras[EXTRA_DEPTH] == (int)i ? event_depth : event_duration;
}

PRINTF_LIKE(1, 2) static inline void note(const char *format, ...)
{
    size_t length = strlen(seen);
    va_list args;
    va_start(args, format);
    vsnprintf(seen + length, sizeof(seen) - length, format, args);
    va_end(args);
}

static inline int entered(void *data, struct call *call, const struct trace_event *event)
{
    ck_assert_ptr_null(data);
    ck_assert_uint_eq(*(char *)call->data, 0);
    *(char *)call->data = 1;
    note("%s%s(%u ", call->before_range ? "before " : "", call->function->name, call->depth);
    ck_assert(call->before_range == !event);
    return 0;
}

static inline int left(void *data, struct call *call, const struct trace_event *event)
{
    static const char *const ends[] = {"open",     "returned", "unwound",  "lost",
                                       "replaced", "at end",   "no exits", "no thread"};
    ck_assert_ptr_null(data);
    ck_assert_uint_eq(*(char *)call->data, 1);
    ck_assert((call->end == CALL_RETURNED) == (event != NULL));
    note("%s", call->function->name);
    if (call->has_duration)
        note("=%d", (int)call->duration_ns);
    if (call->child_ns)
        note("-%d", (int)call->child_ns);
    if (call->end != CALL_RETURNED)
        note(" %s", ends[call->end]);
    if (call->parent)
        note(" in %s", call->parent->function->name);
    note("%s%s) ", call->resumed ? " resumed" : "", call->tail_called ? " tail" : "");
    return 0;
}

static inline int lone_exit(void *data, struct traced_thread *thread,
                            const struct trace_event *event, uint32_t depth,
                            const uint64_t *duration_ns)
{
    ck_assert_ptr_null(data);
    ck_assert_int_eq(thread->tid, thread_is_known(&origin) ? origin.tid : 0);
    note("lone %s %u", event->function->name, depth);
    if (duration_ns)
        note("=%d", (int)*duration_ns);
    note(" ");
    return 0;
}

static inline int gap(void *data, const struct trace_gap *lost)
{
    ck_assert_ptr_null(data);
    note("gap %d ", (int)lost->n_events);
    return 0;
}

static const struct call_visitor visitor = {
    .call_size = 1, .entered = entered, .left = left, .lone_exit = lone_exit, .gap = gap};

static inline void setup(void)
{
    functions = function_table_new(NULL, NULL);
    pairing = call_pairing_new(&visitor, &counts, &switching);
    ck_assert(functions && pairing);
    for (int i = 0; i < PROBE_EXTRAS_MAX; i++)
        entries.extras[i] = exits.extras[i] = -1;
    entries.value = exits.value = value;
    origin = (struct event_origin){.pid = 1, .tid = 1, .thread_name = "t"};
}

static inline void begin(void)
{
    ck_assert_int_eq(call_pairing_begin_range(pairing), 0);
}

static inline void teardown(void)
{
    call_pairing_free(pairing);
    function_table_free(functions);
    thread_set_free(&switching);
}

/* Check writes a message for each assertion, to a file: a million of them may fill /tmp. */
static inline void send(struct event_layout *layout, const char *name, uint64_t time, int depth,
                        int duration)
{
    struct trace_event event = {.layout = layout, .time_ns = time};
    event.function = function_table_intern(functions, "m", name, FUNCTION_BY_NAME);
    if (!event.function)
        ck_abort_msg("no function %s", name);
    if (strcmp(name, "entry_only") != 0)
        event.function->has_exits = true;
    layout->extras[EXTRA_DEPTH] = depth == NOT_RECORDED ? -1 : 0;
    layout->extras[EXTRA_DURATION] = duration == NOT_RECORDED ? -1 : 1;
    event_depth = (uint64_t)depth;
    event_duration = (uint64_t)duration;
    int r = call_pairing_event(pairing, &event, &origin);
    if (r != 0)
        ck_abort_msg("%s at %lu: %d", name, (unsigned long)time, r);
}

static inline void enter(const char *name, uint64_t time)
{
    send(&entries, name, time, NOT_RECORDED, NOT_RECORDED);
}

static inline void leave(const char *name, uint64_t time)
{
    send(&exits, name, time, NOT_RECORDED, NOT_RECORDED);
}

static inline void lose(uint64_t from, uint64_t to)
{
    const struct trace_gap lost = {.begin_ns = from, .end_ns = to, .n_events = 5};
    ck_assert_int_eq(call_pairing_gap(pairing, &lost, origin.trace), 0);
}

/* The session may have been stopped. */
static inline void pause_until(uint64_t from, uint64_t to)
{
    const struct trace_gap paused = {.begin_ns = from, .end_ns = to, .is_pause = true};
    ck_assert_int_eq(call_pairing_gap(pairing, &paused, origin.trace), 0);
}

static inline void finish(const char *expected)
{
    ck_assert_int_eq(call_pairing_finish(pairing, 1000), 0);
    ck_assert_str_eq(seen, expected);
    uint64_t ended = 0;
    for (int i = 0; i < CALL_ENDS; i++)
        ended += counts.ends[i];
    ck_assert_uint_eq(ended, counts.calls);
}

#endif
