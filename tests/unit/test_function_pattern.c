/* SPDX-License-Identifier: MIT */
/* What a pattern means: the table of its readings. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/function_pattern.h"
#include "unit/check_main.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static bool means(const char *text, const struct printed_name *name, const char *provider,
                  const char *path)
{
    struct function_pattern *pattern;
    struct error err = {0};
    ck_assert_msg(function_pattern_parse(text, &pattern, &err) == 0, "%s: %s", text, err.text);
    ck_assert_str_eq(function_pattern_text(pattern), text);
    const struct module_names module = {provider, path, NULL};
    bool matches = function_pattern_matches(pattern, name, 1, &module);
    /* What is in no module that the pattern could mean is not read. */
    ck_assert(!matches || function_pattern_matches_module(pattern, &module));
    function_pattern_free(pattern);
    return matches;
}

static const struct {
    const char *pattern, *name, *parameters;
    bool means;
} names[] = {
    /* a regular expression for the name without parameters */
    {"malloc", "malloc", NULL, true},
    {"malloc", "mallocs", NULL, false},
    {"f(oo|x)", "foo", NULL, true},
    {"f(oo|x)", "fx", NULL, true},
    {"f(oo|x)", "f", "(oo|x)", true},
    {"a|b", "b", NULL, true},
    {"std::.*", "std::sort", "(int*, int*)", true},
    {"std::.*", "my::sort", "(std::vector<int>)", false},
    {".*int.*", "f", "(int)", false},
    {"geo::print", "geo::print", "(int)", true},
    /* an overload */
    {"geo::print(int)", "geo::print", "(int)", true},
    {"geo::print(int)", "geo::print", "(long)", false},
    {"geo::print(int)", "geo::print", NULL, false},
    {"geo::print(int)", "geo::printint", NULL, true},
    {"geo::print()", "geo::print", "()", true},
    {"geo::print(int, char)", "geo::print", "(int, char)", true},
    {"geo::print(int;char)", "geo::print", "(int, char)", true},
    {"geo::print(int,char)", "geo::print", "(int, char)", true},
    {"geo::print(intchar)", "geo::print", "(int, char)", false},
    {"geo::print(unsigned int)", "geo::print", "(unsigned int)", true},
    {"geo::print(unsignedint)", "geo::print", "(unsigned int)", false},
    {"geo::print(unsigned  int)", "geo::print", "(unsigned int)", true},
    {"geo::print(char const *)", "geo::print", "(char const*)", true},
    {"geo::print()", "geo::print", "(int)", false},
    {"main()", "main", NULL, true}, /* of a C function no parameters are known */
    {"geo::Shape::area() const", "geo::Shape::area", "() const", true},
    {"geo::Shape::area()const", "geo::Shape::area", "() const", true},
    {"geo::Shape::area()", "geo::Shape::area", "() const", false},
    {"geo::Shape::~Shape", "geo::Shape::~Shape", "()", true},
    {"geo::Shape::~Shape()", "geo::Shape::~Shape", "()", true},
    {"f<int>(std::vector<int, std::allocator<int> >)", "f<int>",
     "(std::vector<int, std::allocator<int> >)", true},
    {"f<int>(std::vector<int;std::allocator<int>>)", "f<int>",
     "(std::vector<int, std::allocator<int> >)", true},
    {"over(int (*)(char*; int))", "over", "(int (*)(char*, int))", true},
    {"over(int const (&) [3])", "over", "(int const (&) [3])", true},
    /* operators, which are also regular expressions */
    {"Vec::operator()", "Vec::operator()", "(int) const", true},
    {"Vec::operator()(int) const", "Vec::operator()", "(int) const", true},
    {"Vec::operator()", "Vec::operator", NULL, true},
    {"Vec::operator[]", "Vec::operator[]", "(int)", true},
    {"Vec::operator[](int)", "Vec::operator[]", "(int)", true},
    {"Vec::operator*", "Vec::operator*", "()", true},
    {"Vec::operator*", "Vec::operatorrr", NULL, true},
    {"Vec::operator+", "Vec::operator+", "(Vec)", true},
    {"Vec::operator|", "Vec::operator|", "(Vec)", true},
    {"Vec::operator->*", "Vec::operator->*", "(int)", true},
    {"Vec::operator;", "Vec::operator,", "(Vec)", true},
    {"Vec::operator,(Vec)", "Vec::operator,", "(Vec)", true},
    {"operator__ _km", "operator\"\" _km", "(long double)", true},
    {"Vec::operator new", "Vec::operator new", "(unsigned long)", true},
    {"Vec::operatornew", "Vec::operator new", "(unsigned long)", false},
    {"with_local(int)::{lambda(int)#1}::operator()(int) const",
     "with_local(int)::{lambda(int)#1}::operator()", "(int) const", true},
    /* names of events */
    {"request_entry", "request", NULL, true},
    {"request_exit", "request", NULL, true},
    {"request_entry", "request_entry", NULL, true},
    {"request_entry", "requests", NULL, false},
    {"request_entries", "request", NULL, false},
    {"_entry", "", NULL, false},
    {"geo::print(int)_exit", "geo::print", "(int)", true},
    {"m:geo::print(int)_exit", "geo::print", "(int)", true},
    {"fib.constprop.0_entry", "fib.constprop.0", NULL, true},
    {"init@file.c", "init@file.c", NULL, true},
    {"m:init@file.c", "init@file.c", NULL, true},
    {"init@file.c_exit", "init@file.c", NULL, true},
    {"init@file.c@m", "init@file.c", NULL, true},
    {"init@file.c@n", "init@file.c", NULL, false},
    {"bell_", "bell\a", NULL, true},
    {"bell_", "bell\xff", NULL, true},
    {"gr\xc3\xb6\xc3\x9f"
     "e",
     "gr\xc3\xb6\xc3\x9f"
     "e",
     "(int)", true},
    {"gr__e",
     "gr\xc3\xb6\xc3\x9f"
     "e",
     "(int)", false},
    /* modules */
    {"m:f", "f", NULL, true},
    {"m:f.*", "foo", NULL, true},
    {"m:f|g", "g", NULL, true},
    {"libm.so.6:f", "f", NULL, true},
    {"libm:f", "f", NULL, true},
    {"n:f", "f", NULL, false},
    {"m:f@m", "f", NULL, true},
    {"m:f@n", "f", NULL, false},
    {"f@libm", "f", NULL, true},
    {"f@m", "f", NULL, true},
    {"f@libm.so", "f", NULL, true},
    {"f@lib", "f", NULL, false},
    {"type:.eq.T", "type:.eq.T", NULL, true}, /* Go */
    {"type:.*", "type:.eq.T", NULL, true},
    {"m::f", "m::f", "()", true},
    {"m::f", "f", "()", false},
};

/* By the name in events. */
START_TEST(names_in_events)
{
    static const struct {
        const char *pattern, *name, *parameters;
        bool may_be;
    } cases[] = {
        {"init@file.c", "init", NULL, true},
        {"m:init@file.c_entry", "init", NULL, true},
        {"n:init@file.c", "init", NULL, false},
        {"init@file.c", "inits", NULL, false},
        {"init@file.c", "ini", NULL, false},
        {"init_2", "init", NULL, true},
        {"init_x", "init", NULL, false},
        {"init_2_exit", "init", NULL, true},
        {"geo::print(int)@a.cc", "geo::print", "(int)", true},
        {"geo::print(int)_2", "geo::print", "(int)", true},
        {"geo::print(long)_2", "geo::print", "(int)", false},
        {"a_very_lon~0123abcd", "a_very_long_name", NULL, true},
        {"a_very_lon~0123abcd", "a_very_log", NULL, false},
        {"a_very_lon~0123abcg", "a_very_long_name", NULL, false},
        {"~0123abcd", "a", NULL, false},
        {"init", "init", NULL, false},
        {"init@", "init", NULL, false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct function_pattern *pattern = NULL;
        struct error err;
        struct printed_name name = {.name = cases[i].name, .parameters = cases[i].parameters};
        const struct module_names module = {.provider = "m", .path = "/usr/lib/libm.so.6"};
        bool may_be = function_pattern_parse(cases[i].pattern, &pattern, &err) == 0 &&
                      function_pattern_may_be_event(pattern, &name, 1, &module);
        ck_assert_msg(may_be == cases[i].may_be, "'%s' and %s", cases[i].pattern, cases[i].name);
        if (may_be) {
            const char *colon =
                strncmp(cases[i].pattern, "m:", 2) == 0 ? cases[i].pattern + 2 : cases[i].pattern;
            ck_assert(function_pattern_is_event(pattern, colon, &module));
            ck_assert(!function_pattern_is_event(pattern, cases[i].name, &module));
        }
        function_pattern_free(pattern);
    }
}
END_TEST

START_TEST(readings)
{
    struct printed_name name = {.name = names[_i].name, .parameters = names[_i].parameters};
    ck_assert_msg(means(names[_i].pattern, &name, "m", "/usr/lib/libm.so.6") == names[_i].means,
                  "'%s' and %s", names[_i].pattern, name.name);
}
END_TEST

/* Of other modules no symbols are read. */
START_TEST(modules_that_are_read)
{
    const struct module_names libm = {"m", "/lib/libm.so.6", NULL};
    static const struct {
        const char *pattern;
        bool names, reads;
    } cases[] = {
        {"f", false, true},           {"f@c", true, false},    {"c:f", true, false},
        {"m:f", true, true},          {"f@libm*", true, true}, {"f@a.c", true, true},
        {"c:f@a.c", true, false},     {"type:f", true, true},  {"std::f", false, true},
        {"f@libc.so.6", true, false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct function_pattern *pattern;
        struct error err;
        ck_assert_int_eq(function_pattern_parse(cases[i].pattern, &pattern, &err), 0);
        ck_assert_msg(function_pattern_names_module(pattern) == cases[i].names, "%s",
                      cases[i].pattern);
        ck_assert_msg(function_pattern_matches_module(pattern, &libm) == cases[i].reads, "%s",
                      cases[i].pattern);
        function_pattern_free(pattern);
    }
}
END_TEST

static const struct {
    const char *text, *message;
} refused[] = {
    {"", "names no function"},
    {"@c", "names no function"},
    {"f@", "has no module"},
    {"m:f@", "has no module"},
    {"m:@c", "names no function"},
    {"(", "is not a regular expression"},
    {"f(int", "is not a regular expression"},
    {"f[]", "is not a regular expression"},
    {"a{2,1}", "is not a regular expression"},
    {"*foo", "is not a regular expression"},
    {"a\\", "is not a regular expression"},
    {"c:malloc|c:free", "has a module in an alternative"},
    {"c:malloc|m:sin", "has a module in an alternative"},
};

START_TEST(refusals)
{
    struct function_pattern *pattern = NULL;
    struct error err = {0};
    ck_assert_int_eq(function_pattern_parse(refused[_i].text, &pattern, &err), -EINVAL);
    ck_assert_msg(strstr(err.text, refused[_i].message) != NULL, "%s", err.text);
    ck_assert_ptr_null(pattern);
}
END_TEST

/* Exactly this size, so that ASan finds a read behind the end. */
static char *repeated(const char *unit, size_t n)
{
    size_t length = strlen(unit);
    char *text = malloc(n * length + 1);
    ck_assert_ptr_nonnull(text);
    for (size_t i = 0; i < n; i++)
        memcpy(text + i * length, unit, length);
    text[n * length] = '\0';
    return text;
}

START_TEST(long_texts)
{
    static const char *const units[] = {
        "a",        "@",          ":",      "a:",  "(",        "()",   "f(int)", " ",
        "\x1b[31m", "operator()", "_entry", "{a}", "\xc3\xb6", "\xc3", ",",      "|"};
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        /* With more parentheses a child process that tries the expression runs out of stack, which
           AddressSanitizer takes long to report. */
        size_t n = strpbrk(units[i], "({") ? 400 : 100000;
        char *text = repeated(units[i], n / strlen(units[i]));
        struct function_pattern *pattern = NULL;
        struct error err = {0};
        struct printed_name other = {.name = "f", .parameters = "(int)"}, same = {.name = text};
        int r = function_pattern_parse(text, &pattern, &err);
        ck_assert_int_eq(r == 0, pattern != NULL);
        if (pattern) {
            function_pattern_matches(pattern, &other, 1, &(struct module_names){.provider = "m"});
            function_pattern_matches(
                pattern, &same, 1,
                &(struct module_names){text, text, (const char *const[]){text, NULL}});
        }
        function_pattern_free(pattern);
        free(text);
    }
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_loop_test(tests, readings, 0, COUNT_OF(names));
    tcase_add_test(tests, names_in_events);
    tcase_add_test(tests, modules_that_are_read);
    tcase_add_loop_test(tests, refusals, 0, COUNT_OF(refused));
    tcase_add_test(tests, long_texts);
}

CHECK_MAIN("function pattern", 60, add_tests)
