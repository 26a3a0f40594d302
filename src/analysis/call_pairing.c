/* SPDX-License-Identifier: MIT */
#include "analysis/call_pairing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/open_calls.h"
#include "analysis/thread_table.h"
#include "analysis/trace_silences.h"
#include "util/vec.h"

struct call_pairing {
    const struct call_visitor *visitor;
    struct call_counts *counts;
    const struct thread_set *switching;
    struct thread_table threads;
    struct open_call *spare; /* `outer` leads to the next one */
    size_t call_bytes;
    struct trace_silences silences;
    bool in_range;
};

struct call_pairing *call_pairing_new(const struct call_visitor *visitor,
                                      struct call_counts *counts,
                                      const struct thread_set *switching)
{
    struct call_pairing *pairing = calloc(1, sizeof(*pairing));
    if (!pairing)
        return NULL;
    pairing->visitor = visitor;
    pairing->counts = counts;
    pairing->switching = switching;
    pairing->call_bytes = sizeof(struct open_call) + visitor->call_size;
    return pairing;
}

static void free_list(struct open_call *call)
{
    for (struct open_call *next; call; call = next) {
        next = call->outer;
        free(call);
    }
}

void call_pairing_free(struct call_pairing *pairing)
{
    if (!pairing)
        return;
    size_t position = 0;
    for (struct open_calls *calls; (calls = thread_table_next(&pairing->threads, &position));) {
        free_list(calls->top);
        free_list(calls->buried);
    }
    thread_table_free(&pairing->threads);
    free_list(pairing->spare);
    vec_free(&pairing->silences.traces);
    free(pairing);
}

/* ---- calls ---- */

static struct open_call *make_call(struct call_pairing *pairing)
{
    struct open_call *call = pairing->spare;
    if (!call)
        return calloc(1, pairing->call_bytes);
    pairing->spare = call->outer;
    memset(call, 0, pairing->call_bytes);
    return call;
}

static void recycle_call(struct call_pairing *pairing, struct open_call *call)
{
    call->outer = pairing->spare;
    pairing->spare = call;
}

/* What its own calls took is counted for the call that it was made by. */
static void pass_on(struct open_call *call, struct open_call *heir)
{
    if (!heir)
        return;
    heir->call.children += call->call.children;
    heir->call.child_ns += call->call.child_ns;
}

static void count_end(struct call_counts *counts, const struct open_call *open)
{
    const struct call *call = &open->call;
    counts->ends[call->end]++;
    counts->resumed += call->resumed;
    counts->tail_called += call->tail_called;
    if (call->end == CALL_RETURNED && !call->has_duration) {
        counts->no_duration += open->doubt == DOUBT_LOST;
        counts->paused += open->doubt == DOUBT_PAUSED;
        counts->uncertain += open->doubt == DOUBT_STACKS;
    }
    counts->ambiguous += (call->end == CALL_UNWOUND || call->resumed) && open->is_passed;
}

/* Ends a call that is neither on the stack nor buried. */
static int end_call(struct call_pairing *pairing, struct open_calls *calls, struct open_call *open,
                    enum call_end end, uint64_t end_ns, const struct trace_event *event)
{
    const struct call_visitor *visitor = pairing->visitor;
    struct call *call = &open->call;
    int rc = 0;
    if (end == CALL_UNWOUND && !call->is_seen_unwound &&
        trace_silences_paused(&pairing->silences, open->trace, call->entry_ns))
        end = CALL_LOST;
    call->end = end;
    call->end_ns = end_ns;
    call->inner_events = calls->events - open->event - (event ? 2 : 1);
    if (pairing->in_range && !call->before_range)
        count_end(pairing->counts, open);
    if (open->is_announced && visitor->left)
        rc = visitor->left(visitor->data, call, event);
    if (open->n_buried)
        open_calls_orphan(calls, open);
    recycle_call(pairing, open);
    return rc;
}

/* The innermost call was left without an exit, or goes on later. */
static int jump_over_top(struct call_pairing *pairing, struct open_calls *calls, uint64_t time_ns)
{
    struct open_call *call = open_calls_pop(calls);
    pass_on(call, calls->top);
    if (trace_silences_lost(&pairing->silences, call->trace, call->call.entry_ns))
        return end_call(pairing, calls, call, CALL_LOST, time_ns, NULL);
    call->call.end_ns = time_ns;
    if (open_calls_bury(calls, call) < 0)
        return end_call(pairing, calls, call, CALL_UNWOUND, time_ns, NULL);
    if (calls->n_buried <= BURIED_MAX)
        return 0;
    struct open_call *oldest = calls->oldest;
    open_calls_dig(calls, oldest);
    return end_call(pairing, calls, oldest, CALL_UNWOUND, oldest->call.end_ns, NULL);
}

/* Ends all calls of the thread. */
static int end_all(struct call_pairing *pairing, struct open_calls *calls, enum call_end end,
                   uint64_t time_ns)
{
    int rc = 0;
    while (rc == 0 && calls->buried) {
        struct open_call *call = calls->buried;
        open_calls_dig(calls, call);
        rc = end_call(pairing, calls, call, CALL_UNWOUND, call->call.end_ns, NULL);
    }
    while (rc == 0 && calls->top) {
        struct open_call *call = open_calls_pop(calls);
        rc = end_call(pairing, calls, call, end, time_ns, NULL);
    }
    return rc;
}

/* ---- entries ---- */

static int announce(struct call_pairing *pairing, struct open_call *open,
                    const struct trace_event *event)
{
    const struct call_visitor *visitor = pairing->visitor;
    open->is_announced = true;
    open->call.data = open->data;
    return visitor->entered ? visitor->entered(visitor->data, &open->call, event) : 0;
}

/* Whether the entry tells that another program runs now: it has a main() of its own. */
static bool is_new_program(const struct open_calls *calls, const struct traced_function *function)
{
    return calls->program && calls->thread.pid == calls->thread.tid &&
           strcmp(function->name, "main") == 0 && function != calls->program->call.function;
}

/* Takes away what has ended before this entry. */
static int before_entry(struct call_pairing *pairing, struct open_calls *calls,
                        const struct trace_event *event, bool has_depth, uint32_t depth)
{
    int rc = 0;
    if (is_new_program(calls, event->function))
        rc = end_all(pairing, calls, CALL_REPLACED, event->time_ns);
    while (rc == 0 && has_depth && calls->top && calls->top->has_depth &&
           calls->top->call.depth >= depth)
        rc = jump_over_top(pairing, calls, event->time_ns);
    if (rc < 0 || calls->n < OPEN_CALLS_MAX)
        return rc;
    calls->was_too_deep = true;
    rc = open_calls_note_given_up(calls);
    if (rc < 0)
        return rc;
    pairing->counts->too_deep += pairing->in_range ? calls->n : 0;
    return end_all(pairing, calls, CALL_LOST, event->time_ns);
}

static int call_entered(struct call_pairing *pairing, struct open_calls *calls,
                        const struct trace_event *event, const struct event_origin *origin)
{
    bool has_depth = trace_event_has(event, EXTRA_DEPTH), is_known = thread_is_known(origin);
    uint32_t depth = has_depth ? (uint32_t)trace_event_extra(event, EXTRA_DEPTH) : 0;
    int rc = is_known ? before_entry(pairing, calls, event, has_depth, depth) : 0;
    struct open_call *open = rc == 0 ? make_call(pairing) : NULL;
    if (!open)
        return rc < 0 ? rc : -ENOMEM;
    open->event = calls->events - 1;
    open->trace = origin->trace;
    open->has_depth = has_depth;
    open->parent = is_known ? calls->top : NULL;
    open->call.function = event->function;
    open->call.thread = &calls->thread;
    open->call.parent = open->parent ? &open->parent->call : NULL;
    open->call.entry_ns = event->time_ns;
    open->call.depth = has_depth ? depth : is_known ? calls->n : 0;
    open->call.before_range = !pairing->in_range;
    if (open->parent)
        open->parent->call.children++;
    if (is_known && event->function->has_exits) {
        rc = open_calls_push(calls, open);
        if (rc < 0) {
            recycle_call(pairing, open);
            return rc;
        }
        if (!calls->program && !open->parent && strcmp(event->function->name, "main") == 0)
            calls->program = open;
        return pairing->in_range ? announce(pairing, open, event) : 0;
    }
    rc = pairing->in_range ? announce(pairing, open, event) : 0;
    int rc2 = end_call(pairing, calls, open, is_known ? CALL_NO_EXITS : CALL_NO_THREAD,
                       event->time_ns, NULL);
    return rc < 0 ? rc : rc2;
}

/* ---- exits ---- */

static int lone_exit(struct call_pairing *pairing, struct open_calls *calls,
                     const struct trace_event *event, const struct event_origin *origin,
                     const struct exit_values *values)
{
    const struct call_visitor *visitor = pairing->visitor;
    bool is_late = thread_is_known(origin) && event->function &&
                   open_calls_take_given_up(calls, event->function);
    if (!pairing->in_range)
        return 0;
    calls->thread.is_late_exit = is_late;
    if (thread_is_known(origin) && !is_late) {
        if (calls->was_too_deep || trace_silences_lost(&pairing->silences, origin->trace, 1) ||
            trace_silences_paused(&pairing->silences, origin->trace, 1))
            pairing->counts->lost_entries++;
        else
            pairing->counts->lone_exits++;
    }
    uint32_t depth = values->has_depth ? values->depth : thread_is_known(origin) ? calls->n : 0;
    return visitor->lone_exit && event->function
               ? visitor->lone_exit(visitor->data, &calls->thread, event, depth,
                                    values->has_duration ? &values->duration_ns : NULL)
               : 0;
}

/* Whether the time between both events is the call's; else sets open->doubt. */
static bool is_timed(const struct call_pairing *pairing, struct open_call *open,
                     const struct trace_event *event, const struct event_origin *origin,
                     const struct exit_values *values, bool is_certain)
{
    uint64_t entry_ns = open->call.entry_ns;
    open->doubt = DOUBT_LOST;
    if (values->is_untimed || event->time_ns < entry_ns ||
        trace_silences_lost(&pairing->silences, open->trace, entry_ns) ||
        trace_silences_lost(&pairing->silences, origin->trace, entry_ns))
        return false;
    open->doubt = DOUBT_STACKS;
    if (!is_certain)
        return false;
    open->doubt = DOUBT_PAUSED;
    return !trace_silences_paused(&pairing->silences, open->trace, entry_ns) &&
           !trace_silences_paused(&pairing->silences, origin->trace, entry_ns);
}

static int call_left(struct call_pairing *pairing, struct open_calls *calls,
                     const struct trace_event *event, const struct event_origin *origin)
{
    struct exit_values values = exit_values_read(event);
    bool is_certain = false;
    struct open_call *open =
        thread_is_known(origin) && event->function
            ? open_calls_choose(calls, event->function, event->time_ns, &values, &is_certain)
            : NULL;
    uint64_t last_exit_ns = calls->last_exit_ns;
    calls->last_exit_ns = 0;
    if (!open)
        return lone_exit(pairing, calls, event, origin, &values);
    struct call *call = &open->call;
    bool buried = open->is_buried;
    int rc = 0;
    if (buried) {
        open_calls_dig(calls, open);
        if (!calls->switches_stacks)
            pairing->counts->swapped += calls->timed_twins;
        calls->switches_stacks = call->resumed = true;
    } else {
        call->tail_called = last_exit_ns == event->time_ns && calls->top == open;
        while (rc == 0 && calls->top != open)
            rc = jump_over_top(pairing, calls, event->time_ns);
        if (rc < 0)
            return rc;
        open_calls_pop(calls);
        calls->last_exit_ns = event->time_ns;
        if (open->same && is_certain && !values.has_duration && !values.has_depth)
            open->same->is_passed = true;
    }
    call->has_duration =
        values.has_duration || is_timed(pairing, open, event, origin, &values, is_certain);
    call->duration_ns = values.has_duration  ? values.duration_ns
                        : call->has_duration ? event->time_ns - call->entry_ns
                                             : 0;
    calls->timed_twins += open->is_twin && call->has_duration && !values.has_duration &&
                          pairing->in_range && !call->before_range;
    call->follows_entry = open->event + 2 == calls->events;
    call->exit_depth = values.has_depth ? values.depth : calls->n;
    if (open->parent && !buried) {
        if (call->has_duration)
            call->parent->child_ns += call->duration_ns;
        else
            pass_on(open, open->parent);
    }
    return end_call(pairing, calls, open, CALL_RETURNED, event->time_ns, event);
}

/* ---- from outside ---- */

int call_pairing_event(struct call_pairing *pairing, const struct trace_event *event,
                       const struct event_origin *origin)
{
    struct open_calls *calls = thread_table_get(&pairing->threads, origin);
    struct trace_event named = *event;
    if (!calls)
        return -ENOMEM;
    if (calls->events++ == 0 && pairing->switching && thread_is_known(origin) &&
        thread_set_has(pairing->switching, origin->pid, origin->tid))
        calls->switches_stacks = pairing->counts->switches_stacks = true;
    if (pairing->in_range) {
        pairing->counts->events++;
        pairing->counts->without_tid += origin->tid == 0;
        pairing->counts->without_pid += origin->pid == 0;
    }
    if (!named.function && calls->top && calls->top->call.function->origin == FUNCTION_BY_ADDRESS)
        named.function = calls->top->call.function;
    if (event->layout->kind == HIT_EXIT)
        return call_left(pairing, calls, &named, origin);
    pairing->counts->calls += pairing->in_range;
    calls->last_exit_ns = 0;
    return call_entered(pairing, calls, &named, origin);
}

int call_pairing_unwound(struct call_pairing *pairing, uint32_t host,
                         const struct unwound_call *unwound, uint64_t time_ns)
{
    struct open_calls *calls =
        thread_table_find(&pairing->threads, host, unwound->pid, unwound->tid);
    /* The order of calls on several stacks is not that of the tracer. */
    struct open_call *call =
        calls && !calls->switches_stacks ? open_calls_find_unwound(calls, unwound->function) : NULL;
    int rc = 0;
    if (!call)
        return 0;
    while (rc == 0 && calls->top != call)
        rc = jump_over_top(pairing, calls, time_ns);
    if (rc < 0)
        return rc;
    open_calls_pop(calls);
    pass_on(call, calls->top);
    call->call.is_seen_unwound = true;
    call->call.exit_depth = call->has_depth ? call->call.depth : calls->n;
    return end_call(pairing, calls, call, CALL_UNWOUND, time_ns, NULL);
}

int call_pairing_begin_range(struct call_pairing *pairing)
{
    size_t position = 0;
    int rc = 0;
    pairing->in_range = true;
    for (struct open_calls *calls;
         rc == 0 && (calls = thread_table_next(&pairing->threads, &position));) {
        struct open_call *bottom = calls->top;
        while (bottom && bottom->outer)
            bottom = bottom->outer;
        for (; rc == 0 && bottom; bottom = bottom->inner)
            rc = announce(pairing, bottom, NULL);
        /* A call is buried before those around it. */
        for (struct open_call *call = calls->buried; rc == 0 && call; call = call->outer)
            rc = announce(pairing, call, NULL);
    }
    return rc;
}

int call_pairing_gap(struct call_pairing *pairing, const struct trace_gap *gap, uint32_t trace)
{
    const struct call_visitor *visitor = pairing->visitor;
    int rc = trace_silences_add(&pairing->silences, gap, trace);
    if (rc < 0 || !pairing->in_range)
        return rc;
    pairing->counts->pauses += gap->is_pause;
    pairing->counts->gaps += !gap->is_pause;
    pairing->counts->lost_events += gap->n_events;
    pairing->counts->lost_packets += gap->n_packets;
    return visitor->gap ? visitor->gap(visitor->data, gap) : 0;
}

int call_pairing_replaced(struct call_pairing *pairing, const struct event_origin *origin,
                          uint64_t time_ns)
{
    size_t position = 0;
    int rc = 0;
    for (struct open_calls *calls;
         rc == 0 && (calls = thread_table_next(&pairing->threads, &position));)
        if (calls->thread.pid == origin->pid && calls->thread.host == origin->host)
            rc = end_all(pairing, calls, CALL_REPLACED, time_ns);
    return rc;
}

int call_pairing_finish(struct call_pairing *pairing, uint64_t end_ns)
{
    size_t position = 0;
    int rc = 0;
    for (struct open_calls *calls;
         rc == 0 && (calls = thread_table_next(&pairing->threads, &position));)
        rc = end_all(pairing, calls, CALL_AT_END, end_ns);
    return rc;
}
