/* SPDX-License-Identifier: MIT */
/* The section of a type object, as it should be and as it should not. */
#include "symbols/type_lines.h"

#include <errno.h>
#include <stdio.h>

#include "unit/check_main.h"

#define FIRST "ptrace_tracer types 1\n"
/* A text with its length, NULs included. */
#define READ(lines, text) type_lines_read((lines), (text), sizeof(text) - 1)

static void assert_parameter(const struct type_line *line, size_t index, const char *name)
{
    char seen[16] = "";
    bool found = type_line_parameter(line, index, seen, sizeof(seen));
    ck_assert_int_eq(found, name != NULL);
    if (name)
        ck_assert_str_eq(seen, name);
}

START_TEST(lines_are_found)
{
    struct type_lines lines = {0};
    ck_assert_int_eq(READ(&lines, FIRST "write\tlibc.so.6\tGLIBC_2.2.5\tfd,buf,n\n"
                                        "abort\t\t\t\n"
                                        "write\tlibother.so.1\t\tother\n"
                                        "write\t\tV2\tany\n"),
                     0);
    ck_assert_uint_eq(lines.list.count, 4);
    const struct type_line *line = type_lines_find(&lines, "write", "libc.so.6", "GLIBC_2.2.5");
    ck_assert_uint_eq(type_line_parameters(line), 3);
    assert_parameter(line, 0, "fd");
    assert_parameter(line, 2, "n");
    assert_parameter(line, 3, NULL);
    ck_assert_ptr_null(type_lines_find(&lines, "write", "libc.so.6", "GLIBC_2.1"));
    ck_assert_ptr_null(type_lines_find(&lines, "write", "libc.so.6", NULL));
    ck_assert_ptr_null(type_lines_find(&lines, "write", NULL, NULL));
    line = type_lines_find(&lines, "write", "libother.so.1", "V1");
    assert_parameter(line, 0, "other");
    line = type_lines_find(&lines, "write", NULL, "V2");
    assert_parameter(line, 0, "any");
    line = type_lines_find(&lines, "abort", NULL, NULL);
    ck_assert_uint_eq(type_line_parameters(line), 0);
    assert_parameter(line, 0, NULL);
    ck_assert_ptr_null(type_lines_find(&lines, "writ", "libc.so.6", "GLIBC_2.2.5"));
    type_lines_free(&lines);
}
END_TEST

START_TEST(names_are_identifiers)
{
    struct type_lines lines = {0};
    ck_assert_int_eq(READ(&lines, FIRST
                          "f\t\t\t,a b,1x,_1,\x1b[2J,abcdefghijklmno,abcdefghijklmnop,\xc3\xa4,\n"),
                     0);
    const struct type_line *line = type_lines_find(&lines, "f", NULL, NULL);
    static const char *const names[] = {NULL, NULL, NULL, "_1", NULL, "abcdefghijklmno",
                                        NULL, NULL, NULL};
    ck_assert_uint_eq(type_line_parameters(line), sizeof(names) / sizeof(*names));
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        assert_parameter(line, i, names[i]);
    type_lines_free(&lines);
}
END_TEST

START_TEST(the_first_line_is_the_version)
{
    static const char *const texts[] = {"",
                                        "\n",
                                        "ptrace_tracer types 1",
                                        "ptrace_tracer types 2\n",
                                        "ptrace_tracer types 1 \n",
                                        "f\t\t\t\n"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct type_lines lines = {0};
        ck_assert_int_eq(type_lines_read(&lines, texts[i], strlen(texts[i])), -EINVAL);
        type_lines_free(&lines);
    }
    struct type_lines lines = {0};
    ck_assert_int_eq(READ(&lines, "ptrace_tracer types 1\0\n"), -EINVAL);
    type_lines_free(&lines);
    ck_assert_int_eq(READ(&lines, FIRST), 0);
    ck_assert_uint_eq(lines.list.count, 0);
    type_lines_free(&lines);
}
END_TEST

START_TEST(other_lines_are_left_out)
{
    struct type_lines lines = {0};
    ck_assert_int_eq(READ(&lines, FIRST "no tabs\n"
                                        "two\ttabs\t\n"
                                        "f\tfour\tta\tb\ts\n"
                                        "\t\t\tno function\n"
                                        "f\0\t\t\tnul\n"
                                        "f\tlib\0so\t\tnul\n"
                                        "\n"
                                        "good\t\t\ta\n"
                                        "last\t\t\twithout a newline"),
                     0);
    ck_assert_uint_eq(lines.list.count, 1);
    ck_assert_str_eq(lines.list.items[0].function, "good");
    type_lines_free(&lines);
}
END_TEST

START_TEST(a_huge_line_is_left_out)
{
    enum { SIZE = 1 << 20 };
    char *text = malloc(2 * SIZE);
    ck_assert_ptr_nonnull(text);
    size_t used = (size_t)sprintf(text, FIRST "long\t\t\t");
    memset(text + used, 'a', SIZE);
    used += SIZE;
    used += (size_t)sprintf(text + used, "\nshort\t\t\tb\n");
    struct type_lines lines = {0};
    ck_assert_int_eq(type_lines_read(&lines, text, used), 0);
    ck_assert_uint_eq(lines.list.count, 1);
    ck_assert_ptr_null(type_lines_find(&lines, "long", NULL, NULL));
    assert_parameter(type_lines_find(&lines, "short", NULL, NULL), 0, "b");
    type_lines_free(&lines);
    free(text);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, lines_are_found);
    tcase_add_test(tests, names_are_identifiers);
    tcase_add_test(tests, the_first_line_is_the_version);
    tcase_add_test(tests, other_lines_are_left_out);
    tcase_add_test(tests, a_huge_line_is_left_out);
}

CHECK_MAIN("type lines", 20, add_tests)
