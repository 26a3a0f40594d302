/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "symbols/function_filter.h"
#include "symbols/function_pattern.h"
#include "unit/check_main.h"
#include "util/cleanup.h"

static struct function_filter *selecting(const char *const *patterns)
{
    struct function_filter *select;
    ck_assert_int_eq(function_filter_new(&select), 0);
    for (; *patterns; patterns++) {
        struct error err = {0};
        bool exclude = **patterns == '!';
        ck_assert_msg(function_filter_add(select, *patterns + exclude, exclude, &err) == 0, "%s",
                      err.text);
    }
    return select;
}

static bool takes(const struct function_filter *select, const char *name, const char *provider,
                  const char *path)
{
    const struct module_names module = {provider, path, NULL};
    return function_filter_function(select, &(struct printed_name){.name = name}, 1, &module, false,
                                    false);
}

static bool searches(const struct function_filter *select, const char *provider, const char *path,
                     bool is_program)
{
    const struct module_names module = {provider, path, NULL};
    return function_filter_module(select, &module, is_program);
}

static const struct module_names m = {"m", "/m", NULL};

#define SELECTING(...) selecting((const char *const[]){__VA_ARGS__, NULL})

START_TEST(matches_whole_names)
{
    struct function_filter *select = SELECTING("foo|foobar", "a.c", "lit_eral");
    ck_assert(takes(select, "foo", "m", "/m"));
    ck_assert(takes(select, "foobar", "m", "/m"));
    ck_assert(!takes(select, "fooba", "m", "/m"));
    ck_assert(!takes(select, "xfoo", "m", "/m"));
    ck_assert(takes(select, "abc", "m", "/m"));
    ck_assert(takes(select, "lit_eral", "m", "/m"));
    ck_assert(!takes(select, "lit_erals", "m", "/m"));
    function_filter_free(select);
}
END_TEST

/* Where a trace has the provider only. */
START_TEST(file_not_known)
{
    static const struct {
        const char *pattern, *provider;
        bool takes;
    } cases[] = {
        {"f@c", "c", true},
        {"f@libc.so.6", "c", true},
        {"f@libc.so", "c", true},
        {"f@libc.so*", "c", true},
        {"f@libmy*.so.1", "mylib", true},
        {"f@plugin.so", "plugin", true},
        {"f@libc.so.6", "m", false},
        {"f@lib*", "c", false},
        {"f@lib*", "libx", true},
        {"f@libc.source", "c", false},
        {"f@libc", "c", true},
        {"f@libc", "libc", true},
        {"f@libc", "cc", false},
        {"c:f", "c", true},
        {"libc.so.6:f", "c", true},
        {"c:f", "m", false},
        {"f", "any", true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct function_filter *select = SELECTING(cases[i].pattern);
        ck_assert_msg(takes(select, "f", cases[i].provider, NULL) == cases[i].takes, "%s",
                      cases[i].pattern);
        ck_assert(function_filter_names_modules(select) == !!strpbrk(cases[i].pattern, "@:"));
        function_filter_free(select);
    }
}
END_TEST

START_TEST(keeps_back_references)
{
    struct function_filter *select = SELECTING("(a|b)x\\1");
    ck_assert(takes(select, "axa", "m", "/m"));
    ck_assert(!takes(select, "axb", "m", "/m"));
    function_filter_free(select);
}
END_TEST

/* regcomp() takes it literally, and not as the end of the group that the tracer adds. */
START_TEST(keeps_parentheses_that_close_nothing)
{
    struct function_filter *select = SELECTING("a)|c", "[(]d)|e", "[^])]f)|g");
    ck_assert(takes(select, "a)", "m", "/m"));
    ck_assert(takes(select, "c", "m", "/m"));
    ck_assert(takes(select, "(d)", "m", "/m"));
    ck_assert(takes(select, "xf)", "m", "/m"));
    ck_assert(!takes(select, "a", "m", "/m"));
    ck_assert(!takes(select, "ab", "m", "/m"));
    ck_assert(!takes(select, "c)", "m", "/m"));
    ck_assert(!takes(select, "(dx", "m", "/m"));
    ck_assert(!takes(select, "xfx", "m", "/m"));
    function_filter_free(select);
}
END_TEST

/* A search at every position of every name would take minutes. */
START_TEST(is_quick_with_long_names)
{
    enum { LENGTH = 4000, NAMES = 2000 };
    struct function_filter *select = SELECTING(".*a.*b.*c.*");
    cleanup(cleanup_free) char *name = malloc(LENGTH + 1);
    memset(name, 'a', LENGTH);
    name[LENGTH] = '\0';
    for (int i = 0; i < NAMES; i++)
        ck_assert(!takes(select, name, "m", "/m"));
    name[LENGTH - 2] = 'b';
    name[LENGTH - 1] = 'c';
    ck_assert(takes(select, name, "m", "/m"));
    function_filter_free(select);
}
END_TEST

START_TEST(refuses_what_becomes_valid_only_in_parentheses)
{
    struct function_filter *select;
    struct error err;
    ck_assert_int_eq(function_filter_new(&select), 0);
    ck_assert_int_eq(function_filter_add(select, "a)(b", false, &err), -EINVAL);
    function_filter_free(select);
}
END_TEST

START_TEST(parts_at_the_last_at)
{
    struct function_filter *select = SELECTING("open.*@c", "memcpy@GLIBC_2.14@*", "x@lib?.so.*");
    ck_assert(takes(select, "openat", "c", "/lib/libc.so.6"));
    ck_assert(!takes(select, "openat", "d", "/lib/libd.so.6"));
    ck_assert(takes(select, "memcpy@GLIBC_2.14", "d", "/lib/libd.so.6"));
    ck_assert(takes(select, "x", "d", "/lib/libd.so.6"));
    ck_assert(!takes(select, "x", "dd", "/lib/libdd.so.6"));
    function_filter_free(select);
}
END_TEST

START_TEST(knows_libraries_by_shorter_versions)
{
    static const char path[] = "/usr/lib/libz.so.1.2.13";
    struct function_filter *select = SELECTING("a@libz.so", "b@libz.so.1", "c@libz.so.1.2",
                                               "d@libz.so.2", "e@libz", "f@libz.so.1.2.1");
    ck_assert(takes(select, "a", "z", path));
    ck_assert(takes(select, "b", "z", path));
    ck_assert(takes(select, "c", "z", path));
    ck_assert(!takes(select, "d", "z", path));
    ck_assert(takes(select, "e", "z", path));
    ck_assert(!takes(select, "f", "z", path));
    function_filter_free(select);
}
END_TEST

START_TEST(exclusion_wins)
{
    struct function_filter *select = SELECTING("!foo_b.*", "foo.*", "!.*@bad*");
    ck_assert(takes(select, "foo_a", "m", "/m"));
    ck_assert(!takes(select, "foo_b", "m", "/m"));
    ck_assert(!takes(select, "foo_a", "badly", "/m"));
    const struct printed_name names[] = {{.name = "foo_a"}, {.name = "foo_b"}};
    ck_assert(!function_filter_function(select, names, 2, &m, false, false));
    ck_assert(!function_filter_function(select, names, 2, &m, true, true));
    function_filter_free(select);
}
END_TEST

START_TEST(takes_any_of_the_names)
{
    struct function_filter *select = SELECTING("fib");
    const struct printed_name names[] = {{.name = "fib.constprop.0"}, {.name = "fib"}};
    ck_assert(function_filter_function(select, names, 2, &m, false, false));
    ck_assert(!function_filter_function(select, names, 1, &m, false, false));
    function_filter_free(select);
}
END_TEST

static const struct {
    const char *path;
    bool is_program, taken;
} modules[] = {
    {"/usr/bin/app", true, true},
    {"/usr/lib/x86_64-linux-gnu/libc.so.6", false, false},
    {"/lib/libfoo.so", false, false},
    {"/lib64/ld-linux-x86-64.so.2", false, false},
    {"/usr/lib32/libm.so", false, false},
    {"/usr/libexec/helper", false, false},
    {"/usr/libexec/helper", true, true},
    {"/usr/local/lib/libmine.so", false, true},
    {"/home/me/lib/libmine.so", false, true},
    {"/libs/libmine.so", false, true},
    {"/opt/libmine.so", false, true},
};

START_TEST(leaves_the_system_out)
{
    struct function_filter *select = SELECTING("!never");
    ck_assert(!function_filter_is_explicit(select));
    struct printed_name name = {.name = "f"};
    const char *path = modules[_i].path;
    const struct module_names module = {"m", path, NULL};
    bool program = modules[_i].is_program;
    ck_assert_int_eq(searches(select, "m", path, program), modules[_i].taken);
    ck_assert_int_eq(function_filter_function(select, &name, 1, &module, program, false),
                     modules[_i].taken);
    ck_assert(function_filter_function(select, &name, 1, &module, program, true));
    name.name = "never";
    ck_assert(!function_filter_function(select, &name, 1, &module, program, true));
    function_filter_free(select);
}
END_TEST

START_TEST(knows_modules_to_look_into)
{
    struct function_filter *select = SELECTING("f@c", "g@libm.so.*");
    ck_assert(function_filter_is_explicit(select));
    ck_assert(searches(select, "c", "/lib/libc.so.6", false));
    ck_assert(searches(select, "m", "/lib/libm.so.6", false));
    ck_assert(!searches(select, "app", "/bin/app", true));
    function_filter_free(select);
    select = SELECTING("f");
    ck_assert(searches(select, "c", "/lib/libc.so.6", false));
    function_filter_free(select);
}
END_TEST

static const char *const bad_patterns[] = {"", "@c", "a@", "(", "a)(b", "[", "a{2,1}", "*(", "\\"};

START_TEST(refuses_bad_patterns)
{
    struct function_filter *select;
    struct error err = {0};
    ck_assert_int_eq(function_filter_new(&select), 0);
    ck_assert_int_eq(function_filter_add(select, bad_patterns[_i], false, &err), -EINVAL);
    ck_assert_int_eq(err.code, -EINVAL);
    ck_assert_str_ne(err.text, "");
    ck_assert(!function_filter_is_explicit(select));
    function_filter_free(select);
}
END_TEST

static void collect_unmatched(void *data, const struct unmatched_pattern *unmatched)
{
    strcat(strcat(data, function_pattern_text(unmatched->pattern)), " ");
}

START_TEST(reports_what_never_matched)
{
    struct function_filter *select = SELECTING("foo", ".*", "bar@c", "!nothing");
    char unmatched[256] = "";
    ck_assert(takes(select, "foo", "m", "/m"));
    ck_assert(takes(select, "bar", "m", "/m"));
    function_filter_unmatched(select, collect_unmatched, unmatched);
    ck_assert_str_eq(unmatched, "bar@c ");
    function_filter_free(select);
}
END_TEST

static void write_file(char *path, const char *text, size_t length)
{
    strcpy(path, "/tmp/test_function_filter-XXXXXX");
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, length), (ssize_t)length);
    close(fd);
}

START_TEST(reads_files)
{
    static const char text[] = "# a comment\n\n  foo.*@m  \r\n!foo_b\n! foo_c\n\t# another\nlast";
    char path[64];
    write_file(path, text, strlen(text));
    struct function_filter *select;
    struct error err = {0};
    ck_assert_int_eq(function_filter_new(&select), 0);
    ck_assert_msg(function_filter_add_file(select, path, &err) == 0, "%s", err.text);
    unlink(path);
    ck_assert(takes(select, "foo_a", "m", "/m"));
    ck_assert(!takes(select, "foo_a", "n", "/n"));
    ck_assert(!takes(select, "foo_b", "m", "/m"));
    ck_assert(!takes(select, "foo_c", "m", "/m"));
    ck_assert(takes(select, "last", "n", "/n"));
    function_filter_free(select);
}
END_TEST

START_TEST(names_the_line)
{
    static const char text[] = "good\n\nbad(\n";
    char path[64], where[80];
    write_file(path, text, strlen(text));
    struct function_filter *select;
    struct error err = {0};
    ck_assert_int_eq(function_filter_new(&select), 0);
    ck_assert_int_eq(function_filter_add_file(select, path, &err), -EINVAL);
    unlink(path);
    snprintf(where, sizeof(where), "%s:3: ", path);
    ck_assert_msg(strncmp(err.text, where, strlen(where)) == 0, "%s", err.text);
    function_filter_free(select);
}
END_TEST

START_TEST(refuses_binary_files)
{
    char path[64];
    write_file(path, "a\0b\n", 4);
    struct function_filter *select;
    struct error err = {0};
    ck_assert_int_eq(function_filter_new(&select), 0);
    ck_assert_int_eq(function_filter_add_file(select, path, &err), -EINVAL);
    unlink(path);
    ck_assert_int_eq(function_filter_add_file(select, path, &err), -ENOENT);
    ck_assert_ptr_nonnull(strstr(err.text, path));
    ck_assert_int_eq(function_filter_add_file(select, "/", &err), -EISDIR);
    function_filter_free(select);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, matches_whole_names);
    tcase_add_test(tests, file_not_known);
    tcase_add_test(tests, keeps_back_references);
    tcase_add_test(tests, keeps_parentheses_that_close_nothing);
    tcase_add_test(tests, is_quick_with_long_names);
    tcase_add_test(tests, refuses_what_becomes_valid_only_in_parentheses);
    tcase_add_test(tests, parts_at_the_last_at);
    tcase_add_test(tests, knows_libraries_by_shorter_versions);
    tcase_add_test(tests, exclusion_wins);
    tcase_add_test(tests, takes_any_of_the_names);
    tcase_add_loop_test(tests, leaves_the_system_out, 0, sizeof(modules) / sizeof(*modules));
    tcase_add_test(tests, knows_modules_to_look_into);
    tcase_add_loop_test(tests, refuses_bad_patterns, 0,
                        sizeof(bad_patterns) / sizeof(*bad_patterns));
    tcase_add_test(tests, reports_what_never_matched);
    tcase_add_test(tests, reads_files);
    tcase_add_test(tests, names_the_line);
    tcase_add_test(tests, refuses_binary_files);
}

CHECK_MAIN("select", 10, add_tests)
