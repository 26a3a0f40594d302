/* SPDX-License-Identifier: MIT */
/*
 * What every Check program has in common. A test file defines its tests and one suite:
 *
 *     static void add_tests(TCase *tests) { tcase_add_test(tests, parses_a_line); }
 *     CHECK_MAIN("maps", 10, add_tests)
 *
 * Each test runs in a process of its own (CK_FORK=no in the environment turns that off, for a
 * debugger), and fails when it takes longer than `seconds`. With clang or gcc's address sanitizer a
 * report in the test's process makes the test fail, since the process then exits non-zero.
 */
#ifndef CHECK_MAIN_H
#define CHECK_MAIN_H

#include <check.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Runs one suite of one test case; returns what main() shall return. */
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
    /* A suite that ran nothing has shown nothing. */
    return run > 0 && failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#define CHECK_MAIN(name, seconds, add_tests)                                                       \
    int main(void)                                                                                 \
    {                                                                                              \
        return check_main(name, seconds, add_tests);                                               \
    }

#endif
