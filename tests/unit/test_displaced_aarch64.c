/* SPDX-License-Identifier: MIT */
#include "ptrace/arch/displaced.h"
#include "unit/check_main.h"

START_TEST(bti_is_skipped)
{
    const uint8_t bti_c[] = {0x5f, 0x24, 0x03, 0xd5};
    struct displaced d;
    ck_assert_int_eq(displaced_build(&d, target_addr_of(0x400000), bti_c, sizeof(bti_c),
                                     target_addr_of(0x500000)),
                     0);
    ck_assert_int_eq(d.kind, DISPLACED_SKIP);
    ck_assert_int_eq(d.length, 4);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, bti_is_skipped);
}

CHECK_MAIN("displaced_aarch64", 10, add_tests)
