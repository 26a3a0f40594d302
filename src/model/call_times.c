/* SPDX-License-Identifier: MIT */
#include "model/call_times.h"

#include <stddef.h>

static uint64_t nesting_key(const struct timed_thread *thread, const struct call_time *call)
{
    return (uint64_t)thread->number << 32 | call->key;
}

/* The table's values are the numbers of calls. */
static uintptr_t count_open(const struct call_times *times, uint64_t key)
{
    return (uintptr_t)table_get(&times->nesting, key);
}

int call_times_reserve(struct call_times *times, size_t n)
{
    return table_reserve(&times->nesting, n);
}

void call_times_free(struct call_times *times)
{
    table_free(&times->nesting);
}

static uint64_t less(uint64_t ns, uint64_t cost_ns)
{
    return ns > cost_ns ? ns - cost_ns : 0;
}

/* The time since the last event was the call's, if there is one, and so were the costs of tracing
   in it: those after that event and those before this one. */
static void count_time(struct timed_thread *thread, struct call_time *call, uint64_t now_ns,
                       uint32_t before_ns, uint32_t after_ns)
{
    if (call) {
        uint64_t cost_ns = thread->after_ns + (uint64_t)before_ns;
        call->self_ns += less(now_ns, thread->last_ns);
        call->self_cost_ns += cost_ns;
        call->inner_cost_ns += cost_ns;
    }
    thread->last_ns = now_ns;
    thread->after_ns = after_ns;
}

static void uncount(struct call_times *times, const struct timed_thread *thread,
                    struct call_time *call)
{
    uint64_t key = nesting_key(thread, call);
    uintptr_t n = call->is_counted ? count_open(times, key) : 0;
    call->is_counted = false;
    if (n == 1)
        table_remove(&times->nesting, key);
    else if (n > 1 && table_put(&times->nesting, key, (void *)(n - 1)) < 0)
        return; /* not reached: that key is in the table already */
}

static void unchain(struct call_times *times, struct timed_thread *thread, struct call_time *call)
{
    if (call->outer) {
        call->outer->self_cost_ns += less(call->self_cost_ns, call->self_ns);
        call->outer->inner_net_ns += less(call->self_ns, call->self_cost_ns) + call->inner_net_ns;
        call->outer->inner_cost_ns += call->inner_cost_ns;
        call->outer->inner = call->inner;
    }
    if (call->inner)
        call->inner->outer = call->outer;
    else
        thread->current = call->outer;
    uncount(times, thread, call);
    call->outer = call->inner = NULL;
    call->in_chain = false;
}

void call_times_enter(struct call_times *times, struct timed_thread *thread, struct call_time *call,
                      uint32_t key, uint64_t now_ns, const struct call_costs *costs)
{
    count_time(thread, thread->current, now_ns, costs ? costs->entry_before : 0,
               costs ? costs->entry_after : 0);
    *call = (struct call_time){
        .outer = thread->current,
        .entry_ns = now_ns,
        .key = key,
        .in_chain = true,
    };
    uint64_t of_kind = nesting_key(thread, call);
    uintptr_t n = count_open(times, of_kind);
    call->is_nested = n > 0;
    call->is_counted = (n > 0 || table_room(&times->nesting) > 0) &&
                       table_put(&times->nesting, of_kind, (void *)(n + 1)) == 0;
    if (call->outer)
        call->outer->inner = call;
    thread->current = call;
}

void call_times_return(struct call_times *times, struct timed_thread *thread,
                       struct call_time *call, uint64_t now_ns, const struct call_costs *costs,
                       struct call_duration *duration)
{
    count_time(thread, call, now_ns, costs ? costs->exit_before : 0, costs ? costs->exit_after : 0);
    while (call->in_chain && thread->current != call)
        unchain(times, thread, thread->current);
    uint64_t raw_ns = less(now_ns, call->entry_ns);
    uint64_t self_net_ns = less(call->self_ns, call->self_cost_ns);
    /* The time of calls that came from another stack is in the first alone; what the second has
       more was over in calls inside. */
    uint64_t net_ns = less(raw_ns, call->inner_cost_ns);
    if (net_ns < self_net_ns + call->inner_net_ns)
        net_ns = self_net_ns + call->inner_net_ns;
    *duration = (struct call_duration){
        .raw_ns = raw_ns,
        .self_raw_ns = call->self_ns,
        .net_ns = (int64_t)(net_ns < raw_ns ? net_ns : raw_ns),
        .self_net_ns = (int64_t)self_net_ns,
    };
    if (call->in_chain)
        unchain(times, thread, call);
}

void call_times_left(struct call_times *times, struct timed_thread *thread, struct call_time *call)
{
    if (call->in_chain)
        unchain(times, thread, call);
}
