/* SPDX-License-Identifier: MIT */
/* The search in a sorted array, compared with counting. */
#include "util/sorted.h"

#include "unit/check_main.h"

struct item {
    char other;
    struct {
        uint64_t value;
    } key;
    char others[7];
};

START_TEST(none_of_none)
{
    const struct item *items = NULL;
    ck_assert_uint_eq(sorted_up_to(items, 0, key.value, UINT64_MAX), 0);
}
END_TEST

/* Arrays of every length up to 40, with equal items, and values on and beside each. */
START_TEST(counts_what_is_not_above)
{
    struct item items[40] = {0};
    for (size_t n = 0; n <= 40; n++) {
        for (size_t i = 0; i < n; i++)
            items[i].key.value = 10 + i / 3 * 5;
        for (uint64_t value = 0; value < 100; value++) {
            size_t counted = 0;
            for (size_t i = 0; i < n; i++)
                counted += items[i].key.value <= value;
            ck_assert_uint_eq(sorted_up_to(items, n, key.value, value), counted);
        }
    }
}
END_TEST

START_TEST(numbers_of_all_64_bits)
{
    static const struct item items[] = {{.key = {0}},
                                        {.key = {UINT64_C(0x7fffffffffffffff)}},
                                        {.key = {UINT64_C(0x8000000000000000)}},
                                        {.key = {UINT64_MAX}}};
    ck_assert_uint_eq(sorted_up_to(items, 4, key.value, 0), 1);
    ck_assert_uint_eq(sorted_up_to(items, 4, key.value, UINT64_C(0x7fffffffffffffff)), 2);
    ck_assert_uint_eq(sorted_up_to(items, 4, key.value, UINT64_C(0x8000000000000000)), 3);
    ck_assert_uint_eq(sorted_up_to(items, 4, key.value, UINT64_MAX), 4);
}
END_TEST

START_TEST(names)
{
    const struct {
        int number;
        const char *name;
    } items[] = {{1, "a"}, {2, "c"}, {3, "c"}, {4, "e"}}, *none = NULL;
    ck_assert_uint_eq(sorted_before(items, 4, name, ""), 0);
    ck_assert_uint_eq(sorted_before(items, 4, name, "a"), 0);
    ck_assert_uint_eq(sorted_before(items, 4, name, "b"), 1);
    ck_assert_uint_eq(sorted_before(items, 4, name, "c"), 1);
    ck_assert_uint_eq(sorted_before(items, 4, name, "d"), 3);
    ck_assert_uint_eq(sorted_before(items, 4, name, "f"), 4);
    ck_assert_uint_eq(sorted_before(none, 0, name, "a"), 0);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, none_of_none);
    tcase_add_test(tests, counts_what_is_not_above);
    tcase_add_test(tests, numbers_of_all_64_bits);
    tcase_add_test(tests, names);
}

CHECK_MAIN("sorted", 10, add_tests)
