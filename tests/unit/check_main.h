/* SPDX-License-Identifier: MIT */
/*
 * Common code of Check programs. A test file defines its tests and one suite:
 *
 *   static void add_tests(TCase *tests)
 *   {
 *       tcase_add_test(tests, parses_a_line);
 *   }
 *   CHECK_MAIN("maps", 10, add_tests)
 *
 * Each test runs in its own process (CK_FORK=no in the environment turns that off, for a debugger),
 * and fails after `seconds`. With AddressSanitizer, a report makes the test fail, since its process
 * then exits non-zero.
 */
#ifndef CHECK_MAIN_H
#define CHECK_MAIN_H

#include <check.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Runs a suite with one test case; returns the exit status for main(). */
static inline int check_main(const char *name, double seconds, void (*add_tests)(TCase *tests))
{
    const char *fork_mode = getenv("CK_FORK");
    Suite *suite = suite_create(name);
    TCase *tests = tcase_create(name);
    tcase_set_timeout(tests, seconds);
    add_tests(tests);
    suite_add_tcase(suite, tests);

    SRunner *runner = srunner_create(suite);
    bool in_process = fork_mode && strcmp(fork_mode, "no") == 0;
    srunner_set_fork_status(runner, in_process ? CK_NOFORK : CK_FORK);
    srunner_run_all(runner, CK_ENV);
    int run = srunner_ntests_run(runner);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    /* A suite that ran no test has failed. */
    return run > 0 && failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#define CHECK_MAIN(name, seconds, add_tests)                                                       \
    int main(void)                                                                                 \
    {                                                                                              \
        return check_main(name, seconds, add_tests);                                               \
    }

#endif
