/* SPDX-License-Identifier: MIT */
#include "cli/tracing_costs.h"

#include <stdlib.h>

#include "model/histogram.h"
#include "ptrace/os/stop_cost.h"
#include "util/clock.h"
#include "util/log.h"

/*
 * A stop costs a hit's handling, which is sampled, and the rest, of which a measured stop is an
 * estimate. It may be too high, as the engine does with fewer system calls in a usual stop. No call
 * is shorter than what its own stops cost, and calls do not follow each other faster than that: so
 * the shortest of them are an upper limit.
 */
enum {
    SAMPLED = 16,               /* one hit in so many is timed */
    UPDATED = 1024,             /* after so many hits, the costs of hits are computed again */
    LONGEST_SAMPLE_NS = 100000, /* what takes longer was interrupted */
    SHORTEST_PERCENT = 20,      /* the percentile that counts as the shortest */
    SHORTEST_CALLS = 100,       /* of fewer calls nothing is known */
};

struct samples {
    uint64_t n, ns;
};

struct tracing_costs {
    struct stop_cost stop;
    unsigned hits;
    struct samples entries, exits;
    /* The hit before this one. */
    const struct probe *probe;
    pid_t tid;
    uint32_t depth;
    enum hit_kind kind;
    uint64_t time_ns;
    struct histogram_pool pool;
    struct histogram calls; /* durations of calls without others in them */
    struct histogram gaps;  /* times between two calls of one caller */
    struct call_costs of_hits;
};

struct tracing_costs *tracing_costs_new(void)
{
    struct tracing_costs *costs = calloc(1, sizeof(*costs));
    if (!costs)
        return NULL;
    /* Threads that hit breakpoints often share the tracer's CPU. */
    if (stop_cost_measure(true, &costs->stop) == 0 &&
        histogram_pool_reserve(&costs->pool, 2 * HISTOGRAM_OCTAVES) == 0) {
        costs->of_hits = (struct call_costs){costs->stop.before, costs->stop.after,
                                             costs->stop.before, costs->stop.after};
        return costs;
    }
    log_debug("the cost of a stop cannot be measured: times are raw");
    tracing_costs_free(costs);
    return NULL;
}

void tracing_costs_free(struct tracing_costs *costs)
{
    if (costs)
        histogram_pool_free(&costs->pool);
    free(costs);
}

static void sample_handling(struct tracing_costs *costs, const struct hit *hit)
{
    uint64_t now_ns = clock_now_ns();
    if (now_ns < hit->time_ns || now_ns - hit->time_ns > LONGEST_SAMPLE_NS)
        return;
    struct samples *samples = hit->kind == HIT_ENTRY ? &costs->entries : &costs->exits;
    samples->n++;
    samples->ns += now_ns - hit->time_ns;
}

static uint32_t mean_of(const struct samples *samples)
{
    return samples->n ? (uint32_t)(samples->ns / samples->n) : 0;
}

/* The cost of a stop without the handling: `stop` is what was measured, and the shortest of `seen`
   include handling of that length. */
static uint32_t limit_cost(const struct tracing_costs *costs, uint32_t stop,
                           const struct histogram *seen, uint32_t handling)
{
    if (seen->count < SHORTEST_CALLS)
        return stop;
    uint64_t shortest = histogram_percentile(seen, &costs->pool, SHORTEST_PERCENT);
    uint64_t most = shortest > handling ? shortest - handling : 0;
    return most < stop ? (uint32_t)most : stop;
}

/* Of stops without their handling. */
struct bare_costs {
    uint32_t in_call; /* a call's own, after its entry and before its exit */
    uint32_t around;  /* its caller's, before the entry and after the exit */
};

static struct bare_costs bare_costs_of(const struct tracing_costs *costs)
{
    uint32_t stop = costs->stop.before + costs->stop.after;
    return (struct bare_costs){
        .in_call = limit_cost(costs, stop, &costs->calls, mean_of(&costs->entries)),
        .around = limit_cost(costs, stop, &costs->gaps, mean_of(&costs->exits)),
    };
}

/* Which part of a stop is before the time stamp, and which after it, is of no consequence: a call
   has one part of two stops. LTTng's time stamps are made when the hit was handled. */
struct call_costs tracing_costs_of_records(const struct tracing_costs *costs)
{
    struct bare_costs bare = bare_costs_of(costs);
    return (struct call_costs){
        .entry_before = bare.around / 2 + mean_of(&costs->entries),
        .entry_after = bare.in_call / 2,
        .exit_before = bare.in_call - bare.in_call / 2 + mean_of(&costs->exits),
        .exit_after = bare.around - bare.around / 2,
    };
}

static void update_costs_of_hits(struct tracing_costs *costs)
{
    struct bare_costs bare = bare_costs_of(costs);
    costs->of_hits = (struct call_costs){
        .entry_before = bare.around / 2,
        .entry_after = bare.in_call / 2 + mean_of(&costs->entries),
        .exit_before = bare.in_call - bare.in_call / 2,
        .exit_after = bare.around - bare.around / 2 + mean_of(&costs->exits),
    };
}

const struct call_costs *tracing_costs_of_hits(const struct tracing_costs *costs)
{
    return &costs->of_hits;
}

void tracing_costs_hit(struct tracing_costs *costs, const struct hit *hit)
{
    bool follows = costs->tid == hit->tid && costs->depth == hit->depth &&
                   costs->kind != hit->kind && hit->time_ns > costs->time_ns;
    if (follows && hit->kind == HIT_ENTRY)
        histogram_add(&costs->gaps, &costs->pool, hit->time_ns - costs->time_ns);
    else if (follows && hit->probe == costs->probe)
        histogram_add(&costs->calls, &costs->pool, hit->time_ns - costs->time_ns);
    costs->probe = hit->probe;
    costs->tid = hit->tid;
    costs->depth = hit->depth;
    costs->kind = hit->kind;
    costs->time_ns = hit->time_ns;
    if (++costs->hits % SAMPLED == 0)
        sample_handling(costs, hit);
    if (costs->hits % UPDATED == 0)
        update_costs_of_hits(costs);
}
