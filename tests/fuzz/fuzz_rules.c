/* SPDX-License-Identifier: MIT */
/* The lines of the input are a rule's pattern, its exclusions and, last, an event's name: the rule
   matches as a simple matcher does that tracks all positions. */
#include "fuzz/fuzz.h"

#include "tp/session/session_internal.h"

enum { LENGTH_MAX = 24 };

/* '*' matches any text, a backslash escapes the next character. matched[i]: the pattern so far
   matches the first i bytes of the name. */
static bool matches(const char *pattern, const char *name)
{
    bool matched[4 * LENGTH_MAX + 1] = {true};
    size_t n = strlen(name);
    for (; *pattern; pattern++) {
        bool is_star = *pattern == '*';
        if (pattern[0] == '\\' && pattern[1])
            pattern++;
        for (size_t i = n + 1; i-- > 0 && !is_star;)
            matched[i] = i > 0 && matched[i - 1] && name[i - 1] == *pattern;
        for (size_t i = 1; i <= n && is_star; i++)
            matched[i] |= matched[i - 1];
    }
    return matched[n];
}

static bool has_star(const char *pattern)
{
    for (; *pattern; pattern++) {
        if (*pattern == '*')
            return true;
        if (pattern[0] == '\\' && pattern[1])
            pattern++;
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size < 4 * LENGTH_MAX ? size : 4 * LENGTH_MAX};
    struct rule rule = {.reaches_us = true};
    char *pattern = fuzz_line(&input), *name = fuzz_line(&input);
    if (strlen(pattern) > LENGTH_MAX)
        pattern[LENGTH_MAX] = '\0';
    strcpy(rule.pattern, pattern);
    bool wanted = has_star(pattern) ? matches(pattern, name) : strcmp(pattern, name) == 0;
    while (input.size > 0) {
        char **exclusion = vec_push(&rule.exclusions);
        if (!exclusion)
            abort();
        *exclusion = fuzz_line(&input);
        if (strlen(*exclusion) > LENGTH_MAX)
            (*exclusion)[LENGTH_MAX] = '\0';
        wanted &= !matches(*exclusion, name);
    }
    const char *names[] = {name};
    FUZZ_CHECK(rule_has_wildcard(pattern) == has_star(pattern));
    FUZZ_CHECK(rule_matches(&rule, name) == wanted);
    FUZZ_CHECK(rule_matches_any(&rule, names, 1) == wanted);
    rule.reaches_us = false;
    FUZZ_CHECK(!rule_matches(&rule, name));
    for (size_t i = 0; i < rule.exclusions.count; i++)
        free(rule.exclusions.items[i]);
    vec_free(&rule.exclusions);
    free(pattern);
    free(name);
    return 0;
}
