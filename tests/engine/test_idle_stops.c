/* SPDX-License-Identifier: MIT */
/* Untraced functions that are called from the same places as traced ones: they cost almost nothing,
   and no call is missed. */
#include "engine/harness.h"

enum {
    /* Before a site is armed on demand, and then one stop for 64, 128, 256... returns. */
    FEW = 24,
    OTHERS = 99000, /* of 100000 calls in a thread */
};

/* Runs the target; the recorded calls equal its output of so many lines. */
static struct engine_stats run(const char *names, const char *command, size_t lines,
                               const struct engine_options *options)
{
    struct engine_stats stats;
    struct harness *h = harness_new(names, options);
    harness_run(h, command);
    ck_assert_msg(h->status == 0, "%s ended with wait status 0x%x", command, h->status);
    ck_assert_uint_eq(harness_check_counts(h), lines);
    engine_get_stats(h->engine, &stats);
    harness_free(h);
    return stats;
}

/* Until a jump is planted, which others' stops delay, all stop; afterwards none does. */
static void is_few(const struct engine_stats *stats, unsigned long at_most)
{
    if (harness_setting("JUMP_AFTER"))
        return;
    ck_assert_msg(stats->idle_stops <= at_most, "%lu idle stops, not %lu at most",
                  stats->idle_stops, at_most);
}

START_TEST(others_cost_next_to_nothing)
{
    static const char *const COMMANDS[] = {"dispatch loop", "dispatch virtual"};
    struct engine_stats stats = run("wanted", COMMANDS[_i], 1, NULL);
    ck_assert_uint_eq(stats.calls, 1000);
    is_few(&stats, FEW);
    if (!harness_setting("JUMP_AFTER"))
        ck_assert_uint_ge(stats.idle_stops, 16);
}
END_TEST

/* A breakpoint that is needed all the time stays. */
START_TEST(a_busy_site_stays_planted)
{
    struct engine_stats stats = run("wanted", "dispatch busy", 1, NULL);
    ck_assert_uint_eq(stats.calls, 50500);
    is_few(&stats, FEW);
    ck_assert_uint_le(stats.text_writes, 3000);
}
END_TEST

/* One idle stop for each call during which others are called from the same place. */
START_TEST(others_within_calls)
{
    struct engine_stats stats = run("wanted", "dispatch nested", 1, NULL);
    is_few(&stats, 1000 + FEW);
}
END_TEST

START_TEST(tail_calls_return_together)
{
    struct engine_stats stats = run("wanted jumped", "dispatch tail", 2, NULL);
    is_few(&stats, FEW);
}
END_TEST

/* A call that was left is noticed at the next stop at its place. */
START_TEST(calls_that_are_left)
{
    struct engine_stats stats = run("wanted", "dispatch left", 1, NULL);
    is_few(&stats, 250 + FEW);
}
END_TEST

/* Calls during an open call of another thread stop. */
START_TEST(threads)
{
    struct engine_options options = {.migrate_every = _i == 1 ? 3 : 0, .no_pin = _i == 2};
    struct engine_stats stats = run("wanted", "dispatch threads", 1, &options);
    ck_assert_uint_eq(stats.calls, 4000);
    is_few(&stats, 4 * OTHERS / 4);
}
END_TEST

/* The child's memory is copied while another thread's calls remove and insert the breakpoint. */
START_TEST(children)
{
    struct engine_options options = {.follow_forks = _i == 1};
    run("wanted", "dispatch fork 30000", 1 + 30, &options);
}
END_TEST

/* The breakpoint is removed while a handler corrects a fault of its instruction. */
START_TEST(a_fault_behind_the_call)
{
    run("wanted wanted_and_wait", "fault_behind", 2, NULL);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_loop_test(tests, others_cost_next_to_nothing, 0, 2);
    tcase_add_test(tests, a_busy_site_stays_planted);
    tcase_add_test(tests, others_within_calls);
    tcase_add_test(tests, tail_calls_return_together);
    tcase_add_test(tests, calls_that_are_left);
    tcase_add_loop_test(tests, threads, 0, 3);
    tcase_add_loop_test(tests, children, 0, 2);
    tcase_add_test(tests, a_fault_behind_the_call);
}

CHECK_MAIN("idle_stops", 60, add_tests)
