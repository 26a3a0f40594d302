/* SPDX-License-Identifier: MIT */
#include "model/call_times.h"

#include <stddef.h>

static uint64_t nesting_key(const struct timed_thread *thread, const struct call_time *call)
{
    return (uint64_t)thread->number << 32 | call->key;
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

static void add_cpu(struct call_cpu *sum, const struct call_cpu *cpu)
{
    sum->raw_ns += cpu->raw_ns;
    sum->raw_wait_ns += cpu->raw_wait_ns;
    sum->net_ns += cpu->net_ns;
    sum->net_wait_ns += cpu->net_wait_ns;
}

/* The time since the last event was the call's, if there is one, and so were the costs of tracing
   in it: those after that event and those before this one. */
static void count_time(struct timed_thread *thread, struct call_time *call, uint64_t now_ns,
                       uint32_t before_ns, uint32_t after_ns)
{
    if (call) {
        uint64_t cost_ns = thread->after_ns + before_ns;
        call->self_ns += less(now_ns, thread->last_ns);
        call->self_cost_ns += cost_ns;
        call->inner_cost_ns += cost_ns;
        call->stops++;
    }
    thread->last_ns = now_ns;
    thread->after_ns = after_ns;
}

/* The call is no longer one that others of its kind are inside. */
static void uncount(struct call_times *times, const struct timed_thread *thread,
                    struct call_time *call)
{
    struct call_time *outer = call->kind_outer, *inner = call->kind_inner;
    if (!call->is_counted)
        return;
    if (outer) {
        outer->kind_inner = inner;
        outer->nested_raw_ns += call->nested_raw_ns;
        outer->nested_net_ns += call->nested_net_ns;
        add_cpu(&outer->nested_cpu, &call->nested_cpu);
        call->nested_raw_ns = 0;
        call->nested_net_ns = 0;
        call->nested_cpu = (struct call_cpu){0};
    }
    if (inner)
        inner->kind_outer = outer;
    else if (!outer)
        table_remove(&times->nesting, nesting_key(thread, call));
    else if (table_put(&times->nesting, nesting_key(thread, call), outer) < 0)
        return; /* not reached: that key is in the table already */
    call->kind_outer = call->kind_inner = NULL;
    call->is_counted = false;
}

static void unchain(struct call_times *times, struct timed_thread *thread, struct call_time *call)
{
    if (call->outer) {
        call->outer->self_cost_ns += less(call->self_cost_ns, call->self_ns);
        call->outer->inner_net_ns += less(call->self_ns, call->self_cost_ns) + call->inner_net_ns;
        call->outer->inner_cost_ns += call->inner_cost_ns;
        call->outer->stops += call->stops;
        add_cpu(&call->outer->inner_cpu, &call->inner_cpu);
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
    struct call_time *outer = table_get(&times->nesting, of_kind);
    call->is_nested = outer != NULL;
    call->is_counted = (outer || table_room(&times->nesting) > 0) &&
                       table_put(&times->nesting, of_kind, call) == 0;
    if (call->is_counted && outer) {
        call->kind_outer = outer;
        outer->kind_inner = call;
    }
    if (call->outer)
        call->outer->inner = call;
    thread->current = call;
}

void call_times_stopped(struct timed_thread *thread, uint64_t cost_ns)
{
    thread->after_ns += cost_ns;
    if (thread->current)
        thread->current->stops++;
}

/* How much more of a call's duration tracing took if that is from hit to hit, and not from record
   to record. The handling of a hit is before the record, and nothing else is before and not after.
 */
static int64_t more_from_hits(const struct call_costs *costs)
{
    int64_t entry_ns = (int64_t)costs->entry_before - costs->exit_after;
    int64_t exit_ns = (int64_t)costs->exit_before - costs->entry_after;
    return entry_ns - exit_ns;
}

static int64_t limited_to_0(int64_t ns)
{
    return ns > 0 ? ns : 0;
}

/* A duration that was recorded is that from hit to hit, and the times of LTTng's events are later.
 */
static struct call_duration duration_of(const struct call_time *call, uint64_t now_ns,
                                        const struct call_costs *costs)
{
    uint64_t passed_ns = less(now_ns, call->entry_ns);
    uint64_t self_net_ns = less(call->self_ns, call->self_cost_ns);
    /* The time of calls that came from another stack is in the first alone; what the second has
       more was over in calls inside. */
    uint64_t net_ns = less(passed_ns, call->inner_cost_ns);
    if (net_ns < self_net_ns + call->inner_net_ns)
        net_ns = self_net_ns + call->inner_net_ns;
    uint64_t raw_ns = call->is_recorded ? call->recorded_ns : passed_ns;
    int64_t more_ns = (int64_t)(raw_ns - passed_ns), more_net_ns = more_ns;
    if (call->is_recorded && costs)
        more_net_ns -= more_from_hits(costs);
    return (struct call_duration){
        .raw_ns = raw_ns,
        .self_raw_ns = (uint64_t)limited_to_0((int64_t)call->self_ns + more_ns),
        .net_ns = limited_to_0((int64_t)(net_ns < passed_ns ? net_ns : passed_ns) + more_net_ns),
        .self_net_ns = limited_to_0((int64_t)self_net_ns + more_net_ns),
        .nested_raw_ns = call->nested_raw_ns,
        .nested_net_ns = call->nested_net_ns,
    };
}

/* How long of ns that was on a CPU: the calls inside were, and have waited, not longer. */
static uint64_t cpu_within(uint64_t cpu_ns, uint64_t ns, uint64_t inner_cpu_ns,
                           uint64_t inner_wait_ns)
{
    uint64_t most_ns = less(ns, inner_wait_ns);
    if (cpu_ns < inner_cpu_ns)
        cpu_ns = inner_cpu_ns;
    return cpu_ns < most_ns ? cpu_ns : most_ns;
}

static void divide_duration(const struct call_time *call, const struct call_costs *costs,
                            struct call_duration *duration)
{
    const struct call_cpu *inner = &call->inner_cpu;
    uint64_t cost_ns = costs ? call->stops * costs->stop_cpu : 0;
    uint64_t net_ns = (uint64_t)duration->net_ns;
    struct call_cpu *cpu = &duration->cpu;
    duration->has_cpu = call->cpu_ns > 0 && !call->is_unknown;
    duration->nested_cpu = call->nested_cpu;
    if (!duration->has_cpu)
        return;
    cpu->raw_ns = cpu_within(call->cpu_ns, duration->raw_ns, inner->raw_ns, inner->raw_wait_ns);
    cpu->raw_wait_ns = duration->raw_ns - cpu->raw_ns;
    cpu->net_ns =
        cpu_within(less(call->cpu_ns, cost_ns), net_ns, inner->net_ns, inner->net_wait_ns);
    cpu->net_wait_ns = net_ns - cpu->net_ns;
}

void call_times_return(struct call_times *times, struct timed_thread *thread,
                       struct call_time *call, uint64_t now_ns, const struct call_costs *costs,
                       struct call_duration *duration)
{
    count_time(thread, call, now_ns, costs ? costs->exit_before : 0, costs ? costs->exit_after : 0);
    while (call->in_chain && thread->current != call)
        unchain(times, thread, thread->current);
    *duration = duration_of(call, now_ns, costs);
    divide_duration(call, costs, duration);
    /* It was inside another one while both were in the chain. */
    if (!call->in_chain && call->is_nested) {
        duration->nested_raw_ns = duration->raw_ns;
        duration->nested_net_ns = duration->net_ns;
        duration->nested_cpu = duration->cpu;
    } else if (!call->is_unknown) {
        call->nested_raw_ns = duration->raw_ns;
        call->nested_net_ns = duration->net_ns;
    }
    if (duration->has_cpu) {
        call->inner_cpu = duration->cpu;
        call->nested_cpu = duration->cpu;
    }
    if (call->in_chain)
        unchain(times, thread, call);
}

void call_times_left(struct call_times *times, struct timed_thread *thread, struct call_time *call)
{
    if (call->in_chain)
        unchain(times, thread, call);
}
