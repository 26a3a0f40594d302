/* SPDX-License-Identifier: MIT */
/* Conditions on the values of a call. */
#include "analysis/condition.h"

#include <errno.h>
#include <math.h>

#include "unit/check_main.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* The values that the conditions below are about. */
static struct event_value value_named(const char *name)
{
    static const struct {
        const char *name;
        struct event_value value;
    } known[] = {
        {"retval", {.kind = EVENT_VALUE_SIGNED, .number = -1}},
        {"size", {.kind = EVENT_VALUE_UNSIGNED, .bits = 4096}},
        {"big", {.kind = EVENT_VALUE_UNSIGNED, .bits = UINT64_MAX}},
        {"small", {.kind = EVENT_VALUE_SIGNED, .number = INT64_MIN}},
        {"zero", {.kind = EVENT_VALUE_UNSIGNED}},
        {"ratio", {.kind = EVENT_VALUE_REAL, .real = 0.5}},
        {"tenth", {.kind = EVENT_VALUE_REAL, .real = 0.1F, .is_float = true}},
        {"nan", {.kind = EVENT_VALUE_REAL, .real = NAN}},
        {"path", {.kind = EVENT_VALUE_TEXT, .text = "/tmp/\"x\\"}},
        {"nothing", {.kind = EVENT_VALUE_TEXT, .text = "(null)"}},
        {"state", {.kind = EVENT_VALUE_TEXT, .text = "READY", .number = 3, .has_number = true}},
    };
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (strcmp(known[i].name, name) == 0)
            return known[i].value;
    return (struct event_value){.kind = EVENT_VALUE_ABSENT};
}

static enum truth truth_of(const struct condition *condition)
{
    struct event_value values[CONDITION_NAMES_MAX];
    const char *name;
    for (size_t i = 0; (name = condition_name(condition, i)); i++)
        values[i] = value_named(name);
    return condition_holds(condition, values);
}

static const struct {
    const char *text;
    enum truth truth;
} conditions[] = {
    {"retval < 0", TRUTH_YES},
    {"retval<0", TRUTH_YES},
    {"0 > retval", TRUTH_YES},
    {"retval == -1", TRUTH_YES},
    {"retval != -1", TRUTH_NO},
    {"retval <= -2", TRUTH_NO},
    {"retval >= -1", TRUTH_YES},
    {"retval", TRUTH_YES},
    {"zero", TRUTH_NO},
    {"!zero", TRUTH_YES},
    {"! ! zero", TRUTH_NO},
    {"zero == NULL", TRUTH_YES},
    {"size == 0x1000", TRUTH_YES},
    {"size == 4096.0", TRUTH_YES},
    {"size > 010 && size < 4097", TRUTH_YES},
    {"010 == 10", TRUTH_YES},
    /* Whatever the types. */
    {"retval < big", TRUTH_YES},
    {"big == 18446744073709551615", TRUTH_YES},
    {"big == -1", TRUTH_NO},
    {"big == retval", TRUTH_NO},
    {"big > 18446744073709551614", TRUTH_YES},
    {"small == -9223372036854775808", TRUTH_YES},
    {"small < -9223372036854775807", TRUTH_YES},
    {"big < 1e20", TRUTH_YES},
    {"big < 18446744073709551616", TRUTH_YES},
    {"ratio == .5", TRUTH_YES},
    {"ratio > 5e-1", TRUTH_NO},
    {"nan == nan", TRUTH_UNKNOWN},
    {"tenth == 0.1", TRUTH_YES},
    {"0.1 < tenth", TRUTH_NO},
    {"tenth > 0.0999", TRUTH_YES},
    {"tenth == ratio", TRUTH_NO},
    {"tenth < 1e300", TRUTH_YES},
    /* Text. */
    {"path == \"/tmp/\\\"x\\\\\"", TRUTH_YES},
    {"path == '/tmp/\"x\\\\'", TRUTH_YES},
    {"path != '/tmp'", TRUTH_YES},
    {"path > '/tmp'", TRUTH_YES},
    {"path == 0", TRUTH_UNKNOWN},
    {"path == NULL", TRUTH_NO},
    {"path != NULL", TRUTH_YES},
    {"NULL < path", TRUTH_YES},
    {"path", TRUTH_YES},
    {"!path", TRUTH_NO},
    {"nothing == NULL", TRUTH_YES},
    {"NULL == nothing", TRUTH_YES},
    {"nothing != NULL", TRUTH_NO},
    {"nothing", TRUTH_NO},
    {"nothing == '(null)'", TRUTH_YES},
    {"state == NULL", TRUTH_NO},
    {"state == \"READY\"", TRUTH_YES},
    {"state == 3", TRUTH_YES},
    {"state != 'BUSY' && state >= 3", TRUTH_YES},
    {"'a' == 'a'", TRUTH_YES},
    {"'a\\n' == 'a\n'", TRUTH_YES},
    /* && binds closer. */
    {"zero && zero || retval", TRUTH_YES},
    {"retval || zero && zero", TRUTH_YES},
    {"(retval || zero) && zero", TRUTH_NO},
    {"!(retval < 0) || zero", TRUTH_NO},
    {"!zero && !(size == 1)", TRUTH_YES},
    {"((((retval))))", TRUTH_YES},
    {"retval && zero && retval", TRUTH_NO},
    /* What is not there is unknown. */
    {"no_such < 0", TRUTH_UNKNOWN},
    {"!(no_such < 0)", TRUTH_UNKNOWN},
    {"no_such || retval", TRUTH_YES},
    {"retval || no_such", TRUTH_YES},
    {"no_such && zero", TRUTH_NO},
    {"zero && no_such", TRUTH_NO},
    {"retval && no_such", TRUTH_UNKNOWN},
    {"no_such || zero", TRUTH_UNKNOWN},
    {"no_such", TRUTH_UNKNOWN},
};

START_TEST(holds)
{
    struct condition *condition;
    struct error err = {0};
    ck_assert_msg(condition_parse(conditions[_i].text, &condition, &err) == 0, "%s", err.text);
    ck_assert_msg(truth_of(condition) == conditions[_i].truth, "%s", conditions[_i].text);
    condition_free(condition);
}
END_TEST

static const struct {
    const char *text;
    const char *reason;
} mistakes[] = {
    {"", "a name, a number or a text in quotes is expected at 'the end' in ''"},
    {"retval <", "a name, a number or a text in quotes is expected at 'the end' in 'retval <'"},
    {"< 0", "a name, a number or a text in quotes is expected at '< 0' in '< 0'"},
    {"retval = 0", "a comparison, && or || is expected at '= 0' in 'retval = 0'"},
    {"retval < 0 )", "&& or || is expected at ')' in 'retval < 0 )'"},
    {"(retval < 0", "')', && or || is expected at 'the end' in '(retval < 0'"},
    {"retval < 0 size", "&& or || is expected at 'size' in 'retval < 0 size'"},
    {"a & b", "&& or || is expected at '& b' in 'a & b'"},
    {"a < b < c", "&& or || is expected at '< c' in 'a < b < c'"},
    {"'open", "a name, a number or a text in quotes is expected at ''open' in ''open'"},
    {"1x == 1", "a name, a number or a text in quotes is expected at '1x == 1' in '1x == 1'"},
    {"0x == 1", NULL},
    {"a == 0x10000000000000000", NULL},
    {"a == --1", NULL},
    {"a == -", NULL},
    {"a == - 1", NULL},
    {"\xff", NULL},
    {"a && && b", NULL},
    {"!", NULL},
    {"()", NULL},
};

START_TEST(mistakes_are_explained)
{
    struct condition *condition = NULL;
    struct error err = {0};
    ck_assert_int_eq(condition_parse(mistakes[_i].text, &condition, &err), -EINVAL);
    ck_assert_ptr_null(condition);
    if (mistakes[_i].reason)
        ck_assert_str_eq(err.text, mistakes[_i].reason);
    ck_assert_int_ne(err.text[0], '\0');
}
END_TEST

START_TEST(limits)
{
    struct condition *condition;
    struct error err;
    char text[CONDITION_TEXT_MAX + 2];
    memset(text, '(', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    ck_assert_int_eq(condition_parse(text, &condition, &err), -EINVAL);
    text[sizeof(text) - 2] = '\0';
    ck_assert_int_eq(condition_parse(text, &condition, &err), -EINVAL);
    memset(text, '!', CONDITION_DEPTH_MAX - 1);
    strcpy(text + CONDITION_DEPTH_MAX - 1, "a");
    ck_assert_int_eq(condition_parse(text, &condition, &err), 0);
    condition_free(condition);
    strcpy(text + CONDITION_DEPTH_MAX - 1, "!a");
    ck_assert_int_eq(condition_parse(text, &condition, &err), -EINVAL);
    /* As many in a row as there is room for. */
    text[0] = '\0';
    for (size_t n = 0; n + 4 < CONDITION_TEXT_MAX; n += 3)
        strcpy(text + n, n ? "||a" : "  a");
    ck_assert_int_eq(condition_parse(text, &condition, &err), 0);
    ck_assert_int_eq(truth_of(condition), TRUTH_UNKNOWN);
    ck_assert_str_eq(condition_name(condition, 0), "a");
    ck_assert_ptr_null(condition_name(condition, 1));
    condition_free(condition);
    /* Names. */
    for (int n = CONDITION_NAMES_MAX; n <= CONDITION_NAMES_MAX + 1; n++) {
        char *at = text;
        for (int i = 0; i < n; i++)
            at += sprintf(at, "%sn%d", i ? "&&" : "", i);
        int r = condition_parse(text, &condition, &err);
        ck_assert_int_eq(r, n == CONDITION_NAMES_MAX ? 0 : -EINVAL);
        condition_free(condition);
    }
}
END_TEST

/* Any text is parsed or refused. */
START_TEST(random_texts)
{
    static const char *const words[] = {"a",  "retval", "&&", "||", "!",    "(",    ")",    "<",
                                        "<=", "==",     "!=", "1",  "-",    "0x1f", "1.5",  "'x'",
                                        "\"", "'",      "\\", " ",  "\xc3", "&",    "NULL", "_"};
    uint64_t state = 7;
    unsigned parsed = 0;
    for (int round = 0; round < 200000; round++) {
        char text[256] = "";
        state = state * 6364136223846793005u + 1442695040888963407u;
        for (unsigned n = (state >> 40) % 10; n > 0; n--) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            strcat(text, words[(state >> 33) % COUNT_OF(words)]);
        }
        struct condition *condition;
        struct error err;
        if (condition_parse(text, &condition, &err) == 0) {
            truth_of(condition);
            condition_free(condition);
            parsed++;
        }
    }
    ck_assert_uint_gt(parsed, 1000);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_loop_test(tests, holds, 0, COUNT_OF(conditions));
    tcase_add_loop_test(tests, mistakes_are_explained, 0, COUNT_OF(mistakes));
    tcase_add_test(tests, limits);
    tcase_add_test(tests, random_texts);
}
CHECK_MAIN("condition", 30, add_tests)
