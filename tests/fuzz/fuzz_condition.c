/* SPDX-License-Identifier: MIT */
/* The first line of the input is a condition, the rest values of its names: however it is written,
   it holds, does not or is unknown, and so are its negation and it twice. */
#include "fuzz/fuzz.h"

#include <errno.h>

#include "analysis/condition.h"

enum { TEXTS = 4 };

static struct event_value next_value(struct fuzz_input *input)
{
    static const char *const texts[TEXTS] = {"", "tmp", "RED", "a\nb"};
    struct event_value value = {.kind = fuzz_byte(input) % (EVENT_VALUE_TEXT + 1)};
    value.bits = fuzz_word(input);
    if (value.kind == EVENT_VALUE_TEXT) {
        value.text = texts[value.bits % TEXTS];
        value.has_number = value.bits & 8;
    }
    return value;
}

/* The names are those of both, in their order. */
static void check_names(const struct condition *condition, const struct condition *other)
{
    size_t n = 0;
    for (const char *name; (name = condition_name(condition, n)); n++) {
        FUZZ_CHECK(n < CONDITION_NAMES_MAX && *name);
        FUZZ_CHECK(condition_name(other, n) && strcmp(condition_name(other, n), name) == 0);
        for (size_t i = 0; i < n; i++)
            FUZZ_CHECK(strcmp(condition_name(condition, i), name) != 0);
    }
    FUZZ_CHECK(!condition_name(other, n));
}

/* The truth of "BEFORE(text)BETWEEN(text)AFTER", or -1 if that is too long or too deep. */
static int truth_of(const struct condition *condition, const struct event_value *values,
                    const char *text, const char *before, const char *between)
{
    char *whole = malloc(2 * strlen(text) + 16);
    struct condition *other;
    struct error err = {0};
    int truth = -1;
    if (!whole)
        abort();
    sprintf(whole, "%s(%s)%s%s%s%s", before, text, between, *between ? "(" : "",
            *between ? text : "", *between ? ")" : "");
    if (condition_parse(whole, &other, &err) == 0) {
        check_names(condition, other);
        truth = (int)condition_holds(other, values);
        condition_free(other);
    }
    free(whole);
    return truth;
}

static void check_truth(const struct condition *condition, const struct event_value *values,
                        const char *text)
{
    static const int negation[] = {
        [TRUTH_NO] = TRUTH_YES, [TRUTH_YES] = TRUTH_NO, [TRUTH_UNKNOWN] = TRUTH_UNKNOWN};
    int truth = (int)condition_holds(condition, values);
    FUZZ_CHECK(truth == TRUTH_NO || truth == TRUTH_YES || truth == TRUTH_UNKNOWN);
    int negated = truth_of(condition, values, text, "!", "");
    FUZZ_CHECK(negated < 0 || negated == negation[truth]);
    int both = truth_of(condition, values, text, "", "&&");
    FUZZ_CHECK(both < 0 || both == truth);
    int either = truth_of(condition, values, text, "", "||");
    FUZZ_CHECK(either < 0 || either == truth);
    int never = truth_of(condition, values, text, "", "&&!");
    FUZZ_CHECK(never < 0 || never == (truth == TRUTH_UNKNOWN ? TRUTH_UNKNOWN : TRUTH_NO));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    char *text = fuzz_line(&input);
    struct condition *condition = NULL;
    struct error err = {0};
    int rc = condition_parse(text, &condition, &err);
    FUZZ_CHECK(rc == 0 || (rc == -EINVAL && !condition && err.text[0]));
    if (rc == 0) {
        struct event_value values[CONDITION_NAMES_MAX];
        for (size_t i = 0; i < CONDITION_NAMES_MAX; i++)
            values[i] = next_value(&input);
        check_truth(condition, values, text);
    }
    condition_free(condition);
    free(text);
    return 0;
}
