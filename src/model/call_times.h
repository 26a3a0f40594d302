/* SPDX-License-Identifier: MIT */
/*
 * The times of calls: how much of a call's duration was its own (self) and how much that of traced
 * calls inside it, with and without what tracing cost.
 *
 * Each moment of a thread between two of its events counts for one call, the innermost that is
 * open. So self times are never negative, and those of a thread add up to the time that it spent in
 * traced calls, also where calls are left without a return (exceptions, longjmp) or return out of
 * order (coroutines). A call that was left has no duration; the time from the last event before it
 * was left counts for its caller.
 *
 * What tracing cost is an estimate. Where it is more than a call's own time, the call has no net
 * time of its own, and the rest is subtracted from that of its caller: more of the cost was there.
 * So the net time of a call is its own and that of the calls inside it, and never negative. Its
 * time on a CPU, and the rest, are not less than those of the calls inside it, either.
 *
 * Nothing here allocates: the caller owns the structs and the table, and makes room in the table
 * (call_times_reserve()).
 */
#ifndef MODEL_CALL_TIMES_H
#define MODEL_CALL_TIMES_H

#include <stdbool.h>
#include <stdint.h>

#include "util/error.h"
#include "util/table.h"

/*
 * How long tracing delays a thread at the entry and at the exit of a call, in nanoseconds, before
 * and after the time stamp of the event. entry_after and exit_before are part of the call's own
 * duration; entry_before and exit_after are added to its caller's. stop_cpu: how long the thread is
 * on a CPU for each event, before and after it together.
 */
struct call_costs {
    uint32_t entry_before, entry_after;
    uint32_t exit_before, exit_after;
    uint32_t stop_cpu;
};

/* Events may be served in two ways, with costs for each. */
enum { COSTS_BY_STOP, COSTS_BY_JUMP, COSTS_WAYS };

/* How a duration divides: its thread was on a CPU, or has waited. */
struct call_cpu {
    uint64_t raw_ns, raw_wait_ns;
    uint64_t net_ns, net_wait_ns;
};

/* An open call. Its address must not change while it is open. */
struct call_time {
    /* Set by call_times_enter(). */
    struct call_time *outer, *inner; /* in the thread's chain; NULL: none */
    /* Those with that key, in call_times.nesting. */
    struct call_time *kind_outer, *kind_inner;
    uint64_t entry_ns;
    uint64_t self_ns;
    uint64_t self_cost_ns;  /* of tracing, in self_ns */
    uint64_t inner_cost_ns; /* of tracing, in all of its duration */
    uint64_t inner_net_ns;  /* of calls inside it */
    /* Durations of calls with that key inside it: those of the outermost that have returned. */
    uint64_t nested_raw_ns;
    int64_t nested_net_ns;
    uint64_t stops; /* in all of its duration; those of its entry and its exit are one */
    struct call_cpu inner_cpu, nested_cpu; /* likewise, of those of which it is known */
    uint32_t key;
    bool in_chain;
    bool is_nested;  /* entered inside another call with that key */
    bool is_counted; /* in call_times.nesting */
    /* Set by the user before call_times_return(), if the duration is not the time since the entry:
       it is recorded_ns, or not known. */
    bool is_recorded, is_unknown;
    uint64_t recorded_ns;
    /* Likewise: how long of it the thread was on a CPU, as it was recorded; 0: that is not known.
     */
    uint64_t cpu_ns;
};

/* A thread. All zero but `number`: no call is open. */
struct timed_thread {
    uint32_t number;           /* different for each thread of a table */
    struct call_time *current; /* the innermost open call; its `outer` ones are the chain */
    uint64_t last_ns;          /* of the last event */
    uint64_t after_ns;         /* the cost of tracing after it */
};

/* How long a call took. Net times are those without the costs of tracing, and never negative. */
struct call_duration {
    uint64_t raw_ns;
    uint64_t self_raw_ns;
    int64_t net_ns;
    int64_t self_net_ns;
    /* What was in the durations of calls with that key inside it already: the sum of all durations
       less this counts each moment once, also where the outermost call does not return. */
    uint64_t nested_raw_ns;
    int64_t nested_net_ns;
    /* If it is known. */
    bool has_cpu;
    struct call_cpu cpu, nested_cpu;
};

/* The innermost open call of each thread and key. All zero is an empty one. */
struct call_times {
    struct table nesting;
};

/* Makes room for n more open calls. -ENOMEM. */
MUST_CHECK int call_times_reserve(struct call_times *times, size_t n);
void call_times_free(struct call_times *times);

/*
 * A call was entered. `key` (the function, for example) tells which calls are of one kind: a call
 * inside one with the same key is nested. costs: NULL if they are not known.
 */
void call_times_enter(struct call_times *times, struct timed_thread *thread, struct call_time *call,
                      uint32_t key, uint64_t now_ns, const struct call_costs *costs);

/* Since the thread's last event it has stopped once more, which has cost so much. */
void call_times_stopped(struct timed_thread *thread, uint64_t cost_ns);

/*
 * The call has returned. Those inside it that are still in the chain have been left, or run on
 * another stack: they are no longer in the chain, but may still return.
 */
void call_times_return(struct call_times *times, struct timed_thread *thread,
                       struct call_time *call, uint64_t now_ns, const struct call_costs *costs,
                       struct call_duration *duration);

/* The call has been left without a return, or it is not known when it returned. Does nothing if it
   is not in the chain. */
void call_times_left(struct call_times *times, struct timed_thread *thread, struct call_time *call);

#endif
