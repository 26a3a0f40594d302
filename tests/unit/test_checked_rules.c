/* SPDX-License-Identifier: MIT */
/* Checked unwind rules are copied and do not change. */
#include "ptrace/capture/checked_rules.h"

#include <errno.h>
#include <string.h>

#include "unit/check_main.h"

static struct checked_rules rules;

static int add(uint64_t start, const char *bytes)
{
    return checked_rules_add(&rules, start, bytes, strlen(bytes), start % 2);
}

/* The copy of memory that consists of dots. */
static const char *shown(uint64_t at)
{
    static char text[9];
    uint64_t word;
    memset(&word, '.', sizeof(word));
    checked_rules_show(&rules, at, &word);
    memcpy(text, &word, sizeof(word));
    return text;
}

static void forget(void)
{
    checked_rules_clear(&rules);
    ck_assert_str_eq(shown(0x1000), "........");
    vec_free(&rules.list);
}

START_TEST(kept_by_address)
{
    ck_assert_ptr_null(checked_rules_find(&rules, 0x1001));
    ck_assert_int_eq(add(0x1010, "second"), 0);
    ck_assert_int_eq(add(0x1001, "first"), 0);
    ck_assert_int_eq(add(0x1020, "third"), 0);
    const struct checked_rule *rule = checked_rules_find(&rules, 0x1001);
    ck_assert_ptr_nonnull(rule);
    ck_assert(rule->is_fde && rule->end == 0x1006 && memcmp(rule->bytes, "first", 5) == 0);
    rule = checked_rules_find(&rules, 0x1020);
    ck_assert(rule && !rule->is_fde && rule->end == 0x1025);
    ck_assert_ptr_null(checked_rules_find(&rules, 0x1002));
    ck_assert_ptr_null(checked_rules_find(&rules, 0x1000));
    ck_assert_ptr_null(checked_rules_find(&rules, UINT64_MAX));
    forget();
}
END_TEST

START_TEST(shown_where_they_lie)
{
    ck_assert_str_eq(shown(0x1000), "........");
    ck_assert_int_eq(add(0x1004, "abc"), 0);
    ck_assert_int_eq(add(0x1007, "defghijklmnopqrst"), 0);
    ck_assert_int_eq(add(0x1019, "u"), 0);
    ck_assert_str_eq(shown(0x0ffc), "........");
    ck_assert_str_eq(shown(0x1000), "....abcd");
    ck_assert_str_eq(shown(0x1001), "...abcde");
    ck_assert_str_eq(shown(0x1008), "efghijkl");
    ck_assert_str_eq(shown(0x1014), "qrst.u..");
    ck_assert_str_eq(shown(0x1018), ".u......");
    ck_assert_str_eq(shown(0x101a), "........");
    ck_assert_str_eq(shown(UINT64_MAX - 3), "........");
    forget();
}
END_TEST

START_TEST(none_over_another)
{
    ck_assert_int_eq(add(0x1008, "abcdefgh"), 0);
    ck_assert_int_eq(add(0x1008, "abcdefgh"), -EEXIST);
    ck_assert_int_eq(add(0x100f, "x"), -EEXIST);
    ck_assert_int_eq(add(0x1001, "12345678"), -EEXIST);
    ck_assert_int_eq(add(0x1000, "01234567890123456789"), -EEXIST);
    ck_assert_int_eq(add(0x1000, ""), -EEXIST);
    ck_assert_int_eq(add(UINT64_MAX, "xy"), -EEXIST);
    ck_assert_int_eq(add(0x1000, "01234567"), 0);
    ck_assert_int_eq(add(0x1010, "x"), 0);
    ck_assert_uint_eq(rules.list.count, 3);
    ck_assert_str_eq(shown(0x1004), "4567abcd");
    forget();
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, kept_by_address);
    tcase_add_test(tests, shown_where_they_lie);
    tcase_add_test(tests, none_over_another);
}

CHECK_MAIN("checked_rules", 10, add_tests)
