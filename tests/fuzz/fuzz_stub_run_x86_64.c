/* SPDX-License-Identifier: MIT */
/*
 * Random regions with random stubs, run in a child process: see unit/stub_trial_x86_64.h. The input
 * is the source of the random numbers. The child is the same for all inputs; each sets all of its
 * state.
 */
#define CHECK_MAIN_H /* instead of unit/check_main.h: a fuzzer is no Check program */
#include <stdbool.h>
#include <stdlib.h>

#include "fuzz/fuzz.h"

#define ck_assert_msg(condition, ...)                                                              \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, __VA_ARGS__);                                                          \
            fuzz_fail(#condition);                                                                 \
        }                                                                                          \
    } while (0)
#define ck_assert_int_eq(a, b) FUZZ_CHECK((a) == (b))
#define ck_assert_int_ge(a, b) FUZZ_CHECK((a) >= (b))
#define ck_assert_ptr_eq(a, b) FUZZ_CHECK((a) == (b))

#include "unit/stub_trial_x86_64.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct stub_run run;
    struct stub_random random = {.seed = data, .n = size, .state = 1};
    struct stub_trials trials = {0};
    if (!run.runner.child)
        stub_run_start(&run);
    stub_trial(&run, &random, "the input", &trials);
    return 0;
}
