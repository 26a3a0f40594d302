/* SPDX-License-Identifier: MIT */
/* What may have been meant by a pattern that matches nothing. */
#include <stdlib.h>
#include <string.h>

#include "symbols/pattern_text.h"
#include "unit/check_main.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static void is_text(char *got, const char *wanted, const char *text)
{
    ck_assert_msg(wanted ? got && strcmp(got, wanted) == 0 : !got, "%s: %s", text,
                  got ? got : "nothing");
    free(got);
}

START_TEST(globs)
{
    static const struct {
        const char *text, *ere;
    } cases[] = {
        {"my_*", "my_.*"},
        {"*foo", ".*foo"},
        {"*", ".*"},
        {"*foo*", ".*foo.*"},
        {"str?py", "str.py"},
        {"?", "."},
        {"std::*", "std::.*"},
        {"fib.*.0", NULL}, /* an expression */
        {"fib.cold*", "fib\\.cold.*"},
        {"my_.*", NULL},
        {"my_", NULL},
        {"[ab]*", NULL},
        {"(ab)*", NULL},
        {"a|b*", NULL},
        {"a**", NULL},
        {"operator*", NULL},
        {"gr\xc3\xb6*", "gr\xc3\xb6.*"},
        {"", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        is_text(pattern_text_of_glob(cases[i].text), cases[i].ere, cases[i].text);
}
END_TEST

START_TEST(operators)
{
    static const struct {
        const char *text, *ere;
    } cases[] = {
        {".*::operator()", ".*::operator\\(\\)"},
        {".*::operator[]", ".*::operator\\[\\]"},
        {".*operator+", ".*operator\\+"},
        {".*operator->*", ".*operator->\\*"},
        {".*operator||.*", ".*operator\\|\\|.*"},
        {".*operator<", NULL},
        {".*operator\\+", NULL},
        {".*operator", NULL},
        {"foo", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        is_text(pattern_text_of_operator(cases[i].text), cases[i].ere, cases[i].text);
}
END_TEST

START_TEST(words_of_patterns)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"malloc", "malloc"},
        {"^malloc$", "malloc"},
        {"my_*", "my_*"},
        {"my_.*", "my_*"},
        {"my_.+", "my_*"},
        {"a\\.b", "a.b"},
        {"foo|bar", "foo bar"},
        {"foo||bar", "foo bar"},
        {"a|b|c|d|e", "a b c d"},
        {"f(oo|x)", ""},
        {"[ab]c", ""},
        {"foo|[ab]c", ""},
        {"geo::print(int)", "geo::print"},
        {"Vec::operator[](int)", "Vec::operator[]"},
        {"\\", ""},
        {"", ""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char *words[PATTERN_WORDS_MAX], all[256] = "";
        size_t n = pattern_text_words(cases[i].text, words);
        ck_assert_uint_le(n, PATTERN_WORDS_MAX);
        for (size_t k = 0; k < n; k++) {
            strcat(strcat(all, k ? " " : ""), words[k]);
            free(words[k]);
        }
        ck_assert_msg(strcmp(all, cases[i].words) == 0, "%s: %s", cases[i].text, all);
    }
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, globs);
    tcase_add_test(tests, operators);
    tcase_add_test(tests, words_of_patterns);
}

CHECK_MAIN("pattern text", 20, add_tests)
