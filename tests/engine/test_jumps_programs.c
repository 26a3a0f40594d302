/* SPDX-License-Identifier: MIT */
/* Programs that are hard on jumps: they run as without a tracer, and no call is missed. */
#include "engine/trial.h"

/* What must serve some of the calls. */
enum { JUMPS_MIN = 2, RECORDS_MIN = 100 };

static void run(const char *names, size_t lines, const char *command, bool follow_forks)
{
    const struct engine_options options = {.follow_forks = follow_forks};
    struct engine_stats stats;
    struct harness *h = harness_new(names, &options);
    harness_run(h, command);
    ck_assert_msg(h->status == 0, "%s ended with wait status 0x%x", command, h->status);
    ck_assert_uint_eq(harness_check_counts(h), lines);
    engine_get_stats(h->engine, &stats);
    ck_assert_uint_ge(stats.jumps, JUMPS_MIN);
    ck_assert_uint_ge(stats.records, RECORDS_MIN);
    ck_assert_uint_eq(stats.dropped, 0);
    harness_free(h);
}

/* All registers and flags live, nearly full stacks, places behind calls that are jumped to, and a
   time counter that faults. */
START_TEST(callers)
{
    run("keeps compares entered tables called_once", 5, "callers 1000", false);
}
END_TEST

START_TEST(faults_that_are_mended)
{
    run("reads_first reads_second returns_to_fault", 3, "mends_pages", false);
}
END_TEST

START_TEST(a_profiler)
{
    run("outer middle leaf in_handler", 4, "profiled 500", false);
}
END_TEST

START_TEST(exceptions_through_many_frames)
{
    run("rethrow pass destroyed plain", 4, "rethrows 3", false);
}
END_TEST

/* Where a call ends in another thread, its exit may be missing: see docs/limits.md. */
START_TEST(contexts_that_change_threads)
{
    enum { CONTEXTS = 4, TURNS = 100 };
    struct harness *h = harness_new("outer inner beside", NULL);
    harness_run(h, "contexts 100");
    ck_assert_int_eq(h->status, 0);
    ck_assert_uint_eq(harness_counter(h, "outer")->entries, CONTEXTS * TURNS);
    ck_assert_uint_eq(harness_counter(h, "inner")->entries, CONTEXTS * TURNS);
    ck_assert_uint_eq(harness_counter(h, "beside")->entries, CONTEXTS * (TURNS + 1));
    ck_assert_uint_eq(harness_counter(h, "beside")->exits, CONTEXTS * (TURNS + 1));
    harness_free(h);
}
END_TEST

START_TEST(forks_of_busy_threads)
{
    run("work forks last", 5, "forks_hot 64 2000", _i == 1);
}
END_TEST

START_TEST(children_killed_in_a_function)
{
    run("work dies", 2, "forks_hot 16 4000 killed", _i == 1);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, callers);
    tcase_add_test(tests, faults_that_are_mended);
    tcase_add_test(tests, a_profiler);
    tcase_add_test(tests, exceptions_through_many_frames);
    tcase_add_test(tests, contexts_that_change_threads);
    tcase_add_loop_test(tests, forks_of_busy_threads, 0, 2);
    tcase_add_loop_test(tests, children_killed_in_a_function, 0, 2);
}

int main(void)
{
    return trial_main("jumps_programs", add_tests);
}
