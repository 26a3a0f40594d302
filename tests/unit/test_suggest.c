/* SPDX-License-Identifier: MIT */
/* The names that a misspelt name was probably meant to be. */
#include "util/suggest.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit/check_main.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

START_TEST(distances)
{
    static const struct {
        const char *pattern, *name;
        unsigned limit, distance;
    } cases[] = {
        {"", "", 0, 0},
        {"same", "same", 0, 0},
        {"sane", "same", 9, 1},
        {"sme", "same", 9, 1},
        {"saame", "same", 9, 1},
        {"", "abc", 9, 3},
        {"abc", "", 9, 3},
        {"kitten", "sitting", 9, 3},
        {"abcd", "badc", 9, 3},
        {"gr\xc3\xbcn", "grun", 9, 2}, /* of bytes */
        {"*", "", 0, 0},
        {"*", "anything", 0, 0},
        {"a*c", "abbbc", 0, 0},
        {"a*d", "abbbc", 9, 1},
        {"**a*", "bab", 0, 0},
        {"x*", "abc", 9, 1},
        {"kitten", "sitting", 3, 3},
        {"kitten", "sitting", 2, 3}, /* above the limit: limit + 1 */
        {"kitten", "sitting", 0, 1},
        {"abc", "xyzxyzxyz", 4, 5},
        {"abc", "", 2, 3},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        unsigned distance = suggest_distance(cases[i].pattern, cases[i].name, strlen(cases[i].name),
                                             cases[i].limit);
        ck_assert_msg(distance == cases[i].distance, "'%s' and '%s': %u", cases[i].pattern,
                      cases[i].name, distance);
    }
    /* Only `length` characters of the name count. */
    ck_assert_uint_eq(suggest_distance("work", "work_entry", 4, 0), 0);
}
END_TEST

/*
 * "m:a_entry 0, m:b_entry 2": the suggestions for the pattern, nearest first, with their distances.
 */
static const char *meant(const char *pattern, const char *const *names, size_t n, unsigned limit)
{
    static char text[SUGGESTIONS_MAX * (SUGGEST_NAME_MAX + 32)];
    size_t used = 0;
    struct suggestion suggestion;
    suggest_find(&suggestion, pattern, names, n, limit);
    *text = '\0';
    for (size_t i = 0; i < suggestion.n; i++) {
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s %u", i ? ", " : "",
                                 suggestion.names[i], suggestion.distances[i]);
        ck_assert_uint_lt(used, sizeof(text));
    }
    return text;
}

START_TEST(the_nearest_first)
{
    static const char *const names[] = {
        "m:abcxyz_entry", "m:abcdez_entry", "m:abcdyz_entry", "m:abcdef_entry", "m:abcdeg_entry",
    };
    ck_assert_str_eq(meant("m:abcdef", names, 3, 9),
                     "m:abcdez_entry 1, m:abcdyz_entry 2, m:abcxyz_entry 3");
    ck_assert_str_eq(meant("m:abcdef", names, 5, 9),
                     "m:abcdef_entry 0, m:abcdez_entry 1, m:abcdeg_entry 1");
    /* Of names with equal distances, the first ones. */
    static const char *const alike[] = {"m:1_entry", "m:2_entry", "m:3_entry", "m:4_entry"};
    ck_assert_str_eq(meant("m:5", alike, 4, 9), "m:1_entry 1, m:2_entry 1, m:3_entry 1");
    ck_assert_str_eq(meant("m:4", alike, 4, 9), "m:4_entry 0, m:1_entry 1, m:2_entry 1");
    ck_assert_str_eq(meant("m:*", alike, 4, 9), "m:1_entry 0, m:2_entry 0, m:3_entry 0");
}
END_TEST

START_TEST(none_that_is_too_far_off)
{
    static const char *const names[] = {"m:abcxyz_entry", "m:abcdyz_entry", "m:abcdez_entry"};
    ck_assert_str_eq(meant("m:abcdef", names, 3, 2), "m:abcdez_entry 1, m:abcdyz_entry 2");
    ck_assert_str_eq(meant("m:abcdef", names, 3, 0), "");
    ck_assert_str_eq(meant("quite different", names, 3, 4), "");
    ck_assert_str_eq(meant("", names, 3, 5), "");
    ck_assert_str_eq(meant("m:abcdef", NULL, 0, 9), "");
}
END_TEST

/* Parts that the pattern lacks are ignored in the names, too. */
START_TEST(parts_of_a_name)
{
    static const char *const names[] = {"mylib:work_entry", "mylib:work_exit",
                                        "app:ns::Class::work_entry", "bare_entry"};
    static const struct {
        const char *pattern;
        unsigned limit;
        const char *meant;
    } cases[] = {
        {"mylib:wrk", 2, "mylib:work_entry 1, mylib:work_exit 1"},
        {"mylib:wrk_exit", 2, "mylib:work_exit 1"},
        {"mylib:work_exti", 4, ""}, /* not a known suffix, so all of it counts */
        {"mylib:work_exti", 5, "mylib:work_entry 5, mylib:work_exit 5"},
        {"mylob:work_*", 2, "mylib:work_entry 1, mylib:work_exit 1"},
        {"wrk", 2, "mylib:work_entry 1, mylib:work_exit 1"},
        {"wrk_entry", 2, "mylib:work_entry 1"},
        {"bar", 1, "bare_entry 1"},
        {"app:ns::Clas::work", 2, "app:ns::Class::work_entry 1"},
        {"ns::Class::work", 2, ""}, /* has a colon, so the provider is compared, too */
        {"*ns::Clas::work", 2, "app:ns::Class::work_entry 1"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *text = meant(cases[i].pattern, names, COUNT_OF(names), cases[i].limit);
        ck_assert_msg(strcmp(text, cases[i].meant) == 0, "%s: %s", cases[i].pattern, text);
    }
}
END_TEST

/* A name that is too long may only have "_entry" or "_exit" beyond the limit. */
START_TEST(long_names)
{
    enum { LONGEST = SUGGEST_NAME_MAX, LONGER = 10000 };
    char longest[LONGEST + 1], entry[LONGEST + 16], longer[LONGEST + 2];
    memset(longest, 'x', LONGEST);
    longest[LONGEST] = '\0';
    snprintf(entry, sizeof(entry), "%s_entry", longest);
    snprintf(longer, sizeof(longer), "%sx", longest);
    const char *const names[] = {longer, entry};
    struct suggestion suggestion;
    suggest_find(&suggestion, longest, names, 2, 9);
    ck_assert_uint_eq(suggestion.n, 1);
    ck_assert_ptr_eq(suggestion.names[0], entry);
    ck_assert_uint_eq(suggestion.distances[0], 0);
    /*
     * The pattern may have any length. Exactly this size, so that ASan finds a read behind its end.
     */
    char *pattern = malloc(LONGER + 1);
    ck_assert_ptr_nonnull(pattern);
    memset(pattern, 'x', LONGER);
    pattern[LONGER] = '\0';
    suggest_find(&suggestion, pattern, names, 2, LONGER - LONGEST - 1);
    ck_assert_uint_eq(suggestion.n, 0);
    suggest_find(&suggestion, pattern, names, 2, LONGER - LONGEST);
    ck_assert_uint_eq(suggestion.n, 1);
    ck_assert_uint_eq(suggestion.distances[0], LONGER - LONGEST);
    free(pattern);
}
END_TEST

/* ---- compared with the distance to each name */

static uint64_t random_state = 42;

static unsigned random_below(unsigned n)
{
    random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (unsigned)(random_state >> 33) % n;
}

static void random_text(char *out, size_t longest, const char *letters)
{
    size_t n = random_below((unsigned)longest + 1);
    for (size_t i = 0; i < n; i++)
        out[i] = letters[random_below((unsigned)strlen(letters))];
    out[n] = '\0';
}

static bool has_suffix(const char *text, size_t length)
{
    return (length >= 6 && memcmp(text + length - 6, "_entry", 6) == 0) ||
           (length >= 5 && memcmp(text + length - 5, "_exit", 5) == 0);
}

/* As the header says. */
static unsigned distance_to(const char *pattern, const char *name)
{
    size_t n = strlen(pattern), length;
    if (!strchr(pattern, ':'))
        name = strchr(name, ':') + 1;
    length = strlen(name);
    if (!has_suffix(pattern, n) && !(n && pattern[n - 1] == '*') && has_suffix(name, length))
        length = (size_t)(strrchr(name, '_') - name);
    return suggest_distance(pattern, name, length, 1000);
}

START_TEST(finds_what_looking_at_all_finds)
{
    enum { ROUNDS = 5000, NAMES = 12, PART = 9 };
    static const char *const suffixes[] = {"_entry", "_exit"};
    unsigned found = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        char texts[NAMES][PART + 16], part[PART + 1], pattern[PART + 16];
        const char *names[NAMES];
        for (size_t i = 0; i < NAMES; i++) {
            random_text(part, PART, "abcd");
            snprintf(texts[i], sizeof(texts[i]), "%s:%s%s", random_below(2) ? "a" : "dc", part,
                     suffixes[random_below(2)]);
            names[i] = texts[i];
        }
        random_text(part, PART, "abcd*");
        snprintf(pattern, sizeof(pattern), "%s%s%s", random_below(2) ? "" : "ab:", part,
                 random_below(3) ? "" : suffixes[random_below(2)]);
        unsigned limit = random_below(6);
        struct suggestion suggestion;
        suggest_find(&suggestion, pattern, names, NAMES, limit);
        ck_assert_uint_le(suggestion.n, SUGGESTIONS_MAX);
        /* Each is the first of the nearest remaining ones. */
        bool taken[NAMES] = {false};
        for (size_t k = 0; k < SUGGESTIONS_MAX; k++) {
            unsigned least = limit + 1;
            size_t best = NAMES;
            for (size_t i = 0; i < NAMES; i++) {
                unsigned distance = distance_to(pattern, names[i]);
                if (taken[i] || distance >= least)
                    continue;
                least = distance;
                best = i;
            }
            ck_assert_msg((best < NAMES) == (k < suggestion.n), "%s: %zu found", pattern,
                          suggestion.n);
            if (best == NAMES)
                break;
            taken[best] = true;
            found++;
            ck_assert_ptr_eq(suggestion.names[k], names[best]);
            ck_assert_uint_eq(suggestion.distances[k], least);
        }
    }
    ck_assert_uint_gt(found, ROUNDS / 2);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, distances);
    tcase_add_test(tests, the_nearest_first);
    tcase_add_test(tests, none_that_is_too_far_off);
    tcase_add_test(tests, parts_of_a_name);
    tcase_add_test(tests, long_names);
    tcase_add_test(tests, finds_what_looking_at_all_finds);
}

CHECK_MAIN("suggestion", 20, add_tests)
