/* SPDX-License-Identifier: MIT */
#include "cli/tracing_costs.h"

#include "unit/check_main.h"
#include "util/clock.h"

enum { ENTRY_NS = 1000000000, EXIT_NS = 500000000 };

/* A call, whose hits have been handled for so long. */
static void call(struct tracing_costs *costs)
{
    static const struct probe probe;
    struct hit hit = {.probe = &probe, .tid = 1, .kind = HIT_ENTRY};
    hit.time_ns = clock_now_ns() - ENTRY_NS;
    tracing_costs_hit(costs, &hit);
    hit.kind = HIT_EXIT;
    hit.time_ns = clock_now_ns() - EXIT_NS;
    tracing_costs_hit(costs, &hit);
}

/* Entries and exits take turns, and both are handled: it is known after some. */
START_TEST(handling)
{
    struct tracing_costs *costs = tracing_costs_new(false);
    if (!costs)
        return; /* the computer is too slow (test_stop_cost.c) */
    const struct call_costs *of_hits = tracing_costs_of_hits(costs);
    ck_assert_uint_lt(of_hits->entry_after, EXIT_NS / 2);
    for (int i = 0; i < 32; i++)
        call(costs);
    ck_assert_uint_ge(of_hits->entry_after, ENTRY_NS);
    ck_assert_uint_ge(of_hits->exit_after, EXIT_NS);
    ck_assert_uint_lt(of_hits->exit_after, ENTRY_NS);
    struct call_costs of_records = tracing_costs_of_records(costs);
    ck_assert_uint_ge(of_records.entry_before, ENTRY_NS);
    ck_assert_uint_ge(of_records.exit_before, EXIT_NS);
    ck_assert_uint_lt(of_records.exit_before, ENTRY_NS);
    tracing_costs_free(costs);
}
END_TEST

/* What the engine has measured counts, if it is enough; but no call is on a CPU for less. */
START_TEST(stops_on_a_cpu)
{
    static const struct probe probe;
    struct hit hit = {.probe = &probe, .tid = 1, .time_ns = 1000};
    struct tracing_costs *costs = tracing_costs_new(false);
    if (!costs)
        return;
    uint32_t at_first = tracing_costs_of_records(costs).stop_cpu;
    for (int i = 0; i < 3; i++) {
        ck_assert_uint_eq(tracing_costs_of_records(costs).stop_cpu, at_first);
        tracing_costs_stop(costs, 100000, 64000, i % 2);
        tracing_costs_stop(costs, 100000, 0, i % 2);
    }
    ck_assert_uint_eq(tracing_costs_of_records(costs).stop_cpu / 1000, 64);
    for (int i = 0; i < 100; i++) {
        hit.kind = HIT_ENTRY;
        hit.time_ns += 1000;
        tracing_costs_hit(costs, &hit);
        hit.kind = HIT_EXIT;
        hit.time_ns += 1000000;
        hit.cpu_ns = 32000;
        tracing_costs_hit(costs, &hit);
    }
    ck_assert_uint_eq(tracing_costs_of_records(costs).stop_cpu / 1000, 32);
    tracing_costs_free(costs);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, stops_on_a_cpu);
    tcase_add_test(tests, handling);
}
CHECK_MAIN("tracing_costs", 20, add_tests)
