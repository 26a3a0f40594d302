/* SPDX-License-Identifier: MIT */
#include "cli/tracing_costs.h"

#include <stdlib.h>
#include <string.h>

#include "model/histogram.h"
#include "ptrace/engine.h"
#include "ptrace/os/stop_cost.h"
#include "util/clock.h"
#include "util/log.h"

/*
 * A stop costs a hit's handling, which is sampled, and the rest. The engine measures the rest from
 * time to time; a stop that was measured before tracing is an estimate until then. No call is
 * shorter than what its own stops cost, and calls do not follow each other faster than that: so the
 * shortest of them are an upper limit.
 *
 * All are medians: some stops take far longer, as others run meanwhile.
 */
enum {
    SAMPLED = 15,          /* one hit in so many is timed: odd, as exits follow entries */
    UPDATED_FIRST = 64,    /* after so many hits, the costs of hits are computed */
    UPDATED = 1024,        /* and again after as many as there were, or so many */
    SHORTEST_PERCENT = 20, /* the percentile that counts as the shortest */
    SHORTEST_CALLS = 100,  /* of fewer calls nothing is known */
    MEASURED_ENOUGH = 3,   /* stops that the engine has measured */
};

/* Of stops without their handling, or of jumps. */
struct bare_costs {
    uint32_t in_call; /* a call's own, after its entry and before its exit */
    uint32_t around;  /* its caller's, before the entry and after the exit */
    uint32_t cpu;     /* of the thread itself; handling is not */
};

struct tracing_costs {
    struct stop_cost stop;
    unsigned hits, update_at;
    /* The hit before this one. */
    const struct probe *probe;
    pid_t tid;
    uint32_t depth;
    enum hit_kind kind;
    uint64_t time_ns;
    struct histogram_pool pool;
    struct histogram entries, exits;            /* how long hits are handled */
    struct histogram entry_stops, return_stops; /* what the engine has measured */
    struct histogram cpu_stops;                 /* how long threads were on a CPU for these */
    struct histogram calls;                     /* durations of calls without others in them */
    struct histogram gaps;                      /* times between two calls of one caller */
    struct histogram cpus;                      /* how long `calls` were on a CPU */
    struct call_costs of_hits;
    struct bare_costs jumps; /* of jumps */
};

static bool measure_jumps(struct tracing_costs *costs)
{
    int r = engine_jump_cost(&costs->jumps.in_call, &costs->jumps.around);
    if (r < 0)
        log_debug("the cost of a jump cannot be measured: %s", strerror(-r));
    return r == 0;
}

struct tracing_costs *tracing_costs_new(bool jumps)
{
    struct tracing_costs *costs = calloc(1, sizeof(*costs));
    if (!costs)
        return NULL;
    /* Threads that hit breakpoints often share the tracer's CPU. */
    if (stop_cost_measure(true, &costs->stop) == 0 && (!jumps || measure_jumps(costs)) &&
        histogram_pool_reserve(&costs->pool, 8 * HISTOGRAM_OCTAVES) == 0) {
        costs->of_hits =
            (struct call_costs){costs->stop.before, costs->stop.after, costs->stop.before,
                                costs->stop.after, costs->stop.cpu};
        costs->update_at = UPDATED_FIRST;
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
    if (now_ns >= hit->time_ns)
        histogram_add(hit->kind == HIT_ENTRY ? &costs->entries : &costs->exits, &costs->pool,
                      now_ns - hit->time_ns);
}

static uint32_t percentile_of(const struct tracing_costs *costs, const struct histogram *histogram,
                              unsigned percent)
{
    uint64_t ns = histogram_percentile(histogram, &costs->pool, percent);
    return ns < UINT32_MAX ? (uint32_t)ns : UINT32_MAX;
}

/* How long hits are handled. */
static uint32_t handling_of(const struct tracing_costs *costs, const struct histogram *hits)
{
    return hits->count ? percentile_of(costs, hits, 50) : 0;
}

/* The cost of a stop without the handling of its hit. `stop`: before any is measured; `measured`:
   such stops; the shortest of `seen` have one in them, and handling of that length. */
static uint32_t stop_cost_of(const struct tracing_costs *costs, uint32_t stop,
                             const struct histogram *measured, const struct histogram *seen,
                             uint32_t handling)
{
    bool is_measured = measured->count >= MEASURED_ENOUGH;
    if (is_measured)
        stop = percentile_of(costs, measured, 50);
    if (seen->count < SHORTEST_CALLS)
        return stop;
    /* Where stops were measured, it is the usual stop that is to be limited. */
    uint32_t shortest = percentile_of(costs, seen, is_measured ? 50 : SHORTEST_PERCENT);
    uint32_t most = shortest > handling ? shortest - handling : 0;
    return most < stop ? most : stop;
}

static struct bare_costs bare_costs_of(const struct tracing_costs *costs)
{
    uint32_t stop = costs->stop.before + costs->stop.after;
    return (struct bare_costs){
        .in_call = stop_cost_of(costs, stop, &costs->return_stops, &costs->calls,
                                handling_of(costs, &costs->entries)),
        .around = stop_cost_of(costs, stop, &costs->entry_stops, &costs->gaps,
                               handling_of(costs, &costs->exits)),
        .cpu = stop_cost_of(costs, costs->stop.cpu, &costs->cpu_stops, &costs->cpus, 0),
    };
}

/* Which part of a stop is before the time stamp, and which after it, is of no consequence: a call
   has one part of two stops. LTTng's time stamps are made when the hit was handled. */
struct call_costs tracing_costs_of_records(const struct tracing_costs *costs)
{
    struct bare_costs bare = bare_costs_of(costs);
    return (struct call_costs){
        .entry_before = bare.around / 2 + handling_of(costs, &costs->entries),
        .entry_after = bare.in_call / 2,
        .exit_before = bare.in_call - bare.in_call / 2 + handling_of(costs, &costs->exits),
        .exit_after = bare.around - bare.around / 2,
        .stop_cpu = bare.cpu,
    };
}

/* In equal parts, as durations from hit to hit are those from event to event. */
static struct call_costs equal_parts(const struct bare_costs *bare)
{
    return (struct call_costs){
        .entry_before = bare->around / 2,
        .entry_after = bare->in_call / 2,
        .exit_before = bare->in_call - bare->in_call / 2,
        .exit_after = bare->around - bare->around / 2,
        .stop_cpu = bare->cpu,
    };
}

void tracing_costs_of_both(const struct tracing_costs *costs, struct call_costs *both)
{
    struct bare_costs stops = bare_costs_of(costs);
    stops.in_call += handling_of(costs, &costs->entries);
    stops.around += handling_of(costs, &costs->exits);
    both[COSTS_BY_STOP] = equal_parts(&stops);
    both[COSTS_BY_JUMP] = equal_parts(&costs->jumps);
}

static void update_costs_of_hits(struct tracing_costs *costs)
{
    struct bare_costs bare = bare_costs_of(costs);
    costs->of_hits = (struct call_costs){
        .entry_before = bare.around / 2,
        .entry_after = bare.in_call / 2 + handling_of(costs, &costs->entries),
        .exit_before = bare.in_call - bare.in_call / 2,
        .exit_after = bare.around - bare.around / 2 + handling_of(costs, &costs->exits),
        .stop_cpu = bare.cpu,
    };
}

const struct call_costs *tracing_costs_of_hits(const struct tracing_costs *costs)
{
    return &costs->of_hits;
}

void tracing_costs_stop(struct tracing_costs *costs, uint64_t ns, uint64_t cpu_ns, bool at_return)
{
    histogram_add(at_return ? &costs->return_stops : &costs->entry_stops, &costs->pool, ns);
    if (cpu_ns)
        histogram_add(&costs->cpu_stops, &costs->pool, cpu_ns);
}

void tracing_costs_hit(struct tracing_costs *costs, const struct hit *hit)
{
    if (hit->by_jump) {
        costs->tid = 0; /* no gap follows that is one of stops */
        return;
    }
    bool follows = costs->tid == hit->tid && costs->depth == hit->depth &&
                   costs->kind != hit->kind && hit->time_ns > costs->time_ns;
    if (follows && hit->kind == HIT_ENTRY) {
        histogram_add(&costs->gaps, &costs->pool, hit->time_ns - costs->time_ns);
    } else if (follows && hit->probe == costs->probe) {
        histogram_add(&costs->calls, &costs->pool, hit->time_ns - costs->time_ns);
        if (hit->cpu_ns)
            histogram_add(&costs->cpus, &costs->pool, hit->cpu_ns);
    }
    costs->probe = hit->probe;
    costs->tid = hit->tid;
    costs->depth = hit->depth;
    costs->kind = hit->kind;
    costs->time_ns = hit->time_ns;
    if (++costs->hits % SAMPLED == 0)
        sample_handling(costs, hit);
    if (costs->hits == costs->update_at) {
        update_costs_of_hits(costs);
        costs->update_at += costs->hits < UPDATED ? costs->hits : UPDATED;
    }
}
