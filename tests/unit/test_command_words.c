/* SPDX-License-Identifier: MIT */
/* Words of the command line: what a misspelt one was meant to be, and lists of IDs. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "cli/did_you_mean.h"
#include "cli/id_list.h"
#include "unit/check_main.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static const char *const WORDS[] = {
    "pid",     "function",     "exclude", "patterns", "output", "session", "print", "timestamp",
    "summary", "follow-forks", "with",    "stack",    "list",   "stats",   "help",  "sort",
};

START_TEST(what_was_meant)
{
    static const struct {
        const char *word, *meant; /* NULL: nothing is near */
    } cases[] = {
        {"folow-forks", "follow-forks"},
        {"follow_forks", "follow-forks"},
        {"fallow-fork", "follow-forks"},
        {"folow", "follow-forks"}, /* a beginning */
        {"pritn", "print"},
        {"srot", "sort"}, /* not "list" */
        {"sotr", "sort"},
        {"lsit", "list"},
        {"patern", "patterns"},
        {"timestamps", "timestamp"},
        {"pd", "pid"},
        {"", NULL},
        {"x", NULL},
        {"filter", NULL},
        {"colour", NULL},
        {"nothing-like-it", NULL},
        {"*", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *meant = did_you_mean_word(cases[i].word, WORDS, COUNT_OF(WORDS));
        ck_assert_msg(meant == cases[i].meant ||
                          (meant && cases[i].meant && strcmp(meant, cases[i].meant) == 0),
                      "'%s': %s", cases[i].word, meant ? meant : "nothing");
    }
    ck_assert_ptr_null(did_you_mean_word("print", NULL, 0));
}
END_TEST

START_TEST(hints)
{
    char hint[DID_YOU_MEAN_MAX], longest[10000];
    did_you_mean(hint, "prnt", "--", WORDS, COUNT_OF(WORDS));
    ck_assert_str_eq(hint, "; did you mean --print?");
    did_you_mean(hint, "colour", "--", WORDS, COUNT_OF(WORDS));
    ck_assert_str_eq(hint, "");
    memset(longest, 'p', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    did_you_mean(hint, longest, "--", WORDS, COUNT_OF(WORDS));
    ck_assert_str_eq(hint, "");
}
END_TEST

/* "1 2": the IDs in the list; or "-": it is refused. */
static const char *ids_of(const char *list)
{
    static char text[256];
    struct error err;
    pid_t id;
    int rc;
    size_t used = 0;
    *text = '\0';
    while ((rc = id_list_next(&list, &id, &err)) > 0 && used < sizeof(text))
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%d", used ? " " : "", id);
    ck_assert(rc == 0 || rc == -EINVAL);
    return rc == 0 ? text : "-";
}

START_TEST(lists_of_ids)
{
    static const char *const cases[][2] = {
        {"", ""},
        {" ,\n\t", ""},
        {"1", "1"},
        {"1,2", "1 2"},
        {"31 17 4\n", "31 17 4"},
        {"1,,2, 3\n\n4", "1 2 3 4"},
        {"2147483647", "2147483647"},
        {"2147483648", "-"},
        {"99999999999999999999999999", "-"},
        {"0", "-"},
        {"000", "-"},
        {"007", "7"},
        {"-1", "-"},
        {"+1", "-"},
        {"1x", "-"},
        {"1;2", "-"},
        {"1.", "-"},
        {"0x10", "-"},
        {"\xd9\xa1", "-"}, /* a digit, but not of ASCII */
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        ck_assert_msg(strcmp(ids_of(cases[i][0]), cases[i][1]) == 0, "'%s': %s", cases[i][0],
                      ids_of(cases[i][0]));
}
END_TEST

START_TEST(numbers)
{
    long number;
    ck_assert(id_list_number("12", 2, 12, &number) && number == 12);
    ck_assert(!id_list_number("13", 2, 12, &number));
    ck_assert(id_list_number("8", 1, 8, &number) && number == 8);
    ck_assert(!id_list_number("9", 1, 8, &number));
    ck_assert(id_list_number("123", 2, 12, &number) && number == 12); /* only `length` of them */
    ck_assert(!id_list_number("", 0, 12, &number));
    ck_assert(!id_list_number("0", 1, 12, &number));
    ck_assert(!id_list_number("120", 3, 12, &number));
    ck_assert(id_list_number("9223372036854775807", 19, LONG_MAX, &number) && number == LONG_MAX);
    ck_assert(!id_list_number("9223372036854775808", 19, LONG_MAX, &number));
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, what_was_meant);
    tcase_add_test(tests, hints);
    tcase_add_test(tests, lists_of_ids);
    tcase_add_test(tests, numbers);
}

CHECK_MAIN("words of the command line", 10, add_tests)
