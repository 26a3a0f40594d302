/* SPDX-License-Identifier: MIT */
/* The names of fields in filter expressions. */
#include "tp/session/session_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit/check_main.h"

/* The names, separated by blanks. */
static const char *names_of(const char *expression, size_t max)
{
    static char text[FILTER_NAMES_MAX * (FILTER_NAME_MAX + 1)];
    char names[FILTER_NAMES_MAX][FILTER_NAME_MAX];
    size_t n = filter_expression_names(expression, names, max), used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < n; i++)
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", i ? " " : "", names[i]);
    return text;
}

START_TEST(names)
{
    static const struct {
        const char *expression, *names;
    } cases[] = {
        {"arg1 > 1", "arg1"},
        {"arg1>1&&arg2<=0x1f||!(_x==-3)", "arg1 arg2 _x"},
        {"a == 1 && a == 2 && b == a", "a b"},
        {"name == \"other\" && c == 'd'", "name c"},
        {"name == \"with \\\" quote\" || e", "name e"},
        {"$ctx.vpid == f && $app.prov:type.member == 1 && $ctx.procname == \"x*\"", "f"},
        {"point.x[2].y[i] == 1.5e3 && z.w", "point i z"},
        {"1.5f == g || 10UL < h || .5 > j", "g h j"},
        {"k\n&&\tl", "k l"},
        {"", ""},
        {"\"never ends", ""},
        {"m == \"ends in a backslash\\", "m"},
        {"'", ""},
        {"$", ""},
        {"$app.x:", ""},
        {"\x80\xff n", "n"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        ck_assert_str_eq(names_of(cases[i].expression, FILTER_NAMES_MAX), cases[i].names);
}
END_TEST

START_TEST(limits)
{
    char text[FILTER_MAX];
    ck_assert_str_eq(names_of("a b c", 2), "a b");
    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    ck_assert_str_eq(names_of(text, FILTER_NAMES_MAX), "");
    text[FILTER_NAME_MAX] = ' ';
    text[FILTER_NAME_MAX + 2] = '\0';
    ck_assert_str_eq(names_of(text, FILTER_NAMES_MAX), "x");
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, names);
    tcase_add_test(tests, limits);
}

CHECK_MAIN("session filters", 20, add_tests)
