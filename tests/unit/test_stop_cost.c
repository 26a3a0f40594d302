/* SPDX-License-Identifier: MIT */
/* The measurement of stops: plausible, and nothing is left behind. */
#include "ptrace/os/stop_cost.h"

#include <errno.h>
#include <sched.h>
#include <sys/wait.h>

#include "unit/check_main.h"

START_TEST(measures)
{
    cpu_set_t before, after;
    struct stop_cost cost = {0};
    ck_assert_int_eq(sched_getaffinity(0, sizeof(before), &before), 0);
    ck_assert_int_eq(stop_cost_measure(_i == 1, &cost), 0);
    ck_assert_uint_gt(cost.before, 100);
    ck_assert_uint_lt(cost.before, 10000000);
    ck_assert_uint_gt(cost.after, 100);
    ck_assert_uint_lt(cost.after, 10000000);
    ck_assert_int_eq(sched_getaffinity(0, sizeof(after), &after), 0);
    ck_assert(CPU_EQUAL(&before, &after));
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
    ck_assert_int_eq(errno, ECHILD);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_loop_test(tests, measures, 0, 2);
}
CHECK_MAIN("stop_cost", 20, add_tests)
