/* SPDX-License-Identifier: MIT */
#include "util/suggest.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

unsigned suggest_distance(const char *pattern, const char *name, size_t length, unsigned limit)
{
    /* Levenshtein distance, one row for each character of the pattern. */
    unsigned row[SUGGEST_NAME_MAX + 1];
    if (length > SUGGEST_NAME_MAX)
        return limit + 1;
    for (size_t j = 0; j <= length; j++)
        row[j] = (unsigned)j;
    for (; *pattern; pattern++) {
        bool any = *pattern == '*';
        unsigned diagonal = row[0], least;
        row[0] += !any;
        least = row[0];
        for (size_t j = 1; j <= length; j++) {
            unsigned above = row[j];
            unsigned changed = diagonal + (any || *pattern != name[j - 1]);
            unsigned best = above + !any;
            if (row[j - 1] + !any < best)
                best = row[j - 1] + !any;
            row[j] = changed < best ? changed : best;
            least = row[j] < least ? row[j] : least;
            diagonal = above;
        }
        if (least > limit)
            return limit + 1;
    }
    return row[length] > limit ? limit + 1 : row[length];
}

static bool has_suffix(const char *text, size_t length, const char *end)
{
    size_t n = strlen(end);
    return length >= n && memcmp(text + length - n, end, n) == 0;
}

static size_t suffix_length(const char *text, size_t length)
{
    return has_suffix(text, length, "_entry")  ? strlen("_entry")
           : has_suffix(text, length, "_exit") ? strlen("_exit")
                                               : 0;
}

/* The set of characters in the text, as a bit mask. */
static uint64_t letters_of(const char *text, size_t length)
{
    uint64_t letters = 0;
    for (size_t i = 0; i < length; i++)
        if (text[i] != '*')
            letters |= UINT64_C(1) << ((unsigned char)text[i] % 64);
    return letters;
}

static void insert_suggestion(struct suggestion *suggestion, const char *name, unsigned distance)
{
    size_t at = suggestion->n < SUGGESTIONS_MAX ? suggestion->n++ : SUGGESTIONS_MAX - 1;
    for (; at > 0 && suggestion->distances[at - 1] > distance; at--) {
        suggestion->names[at] = suggestion->names[at - 1];
        suggestion->distances[at] = suggestion->distances[at - 1];
    }
    suggestion->names[at] = name;
    suggestion->distances[at] = distance;
}

void suggest_begin(struct suggest_query *query, const char *pattern)
{
    query->pattern = pattern;
    query->length = strlen(pattern);
    query->letters = letters_of(pattern, query->length);
    query->has_wildcard = strchr(pattern, '*') != NULL;
}

unsigned suggest_measure(const struct suggest_query *query, const char *name, size_t length,
                         unsigned limit)
{
    size_t shorter = query->length < length ? query->length : length;
    if (!query->has_wildcard && query->length + length - 2 * shorter > limit)
        return limit + 1;
    uint64_t missing = query->letters & ~letters_of(name, length);
    if ((unsigned)__builtin_popcountll(missing) > limit)
        return limit + 1;
    return suggest_distance(query->pattern, name, length, limit);
}

void suggest_find(struct suggestion *suggestion, const char *pattern, const char *const *names,
                  size_t n, unsigned limit)
{
    size_t length = strlen(pattern);
    bool whole = strchr(pattern, ':'), suffixed = suffix_length(pattern, length) > 0;
    bool open_end = length > 0 && pattern[length - 1] == '*';
    struct suggest_query query;
    suggest_begin(&query, pattern);
    *suggestion = (struct suggestion){0};
    for (size_t i = 0; i < n; i++) {
        const char *colon = strchr(names[i], ':');
        const char *name = whole || !colon ? names[i] : colon + 1;
        size_t name_length = strlen(name);
        if (!suffixed && !open_end)
            name_length -= suffix_length(name, name_length);
        unsigned distance = suggest_measure(&query, name, name_length, limit);
        if (distance > limit)
            continue;
        insert_suggestion(suggestion, names[i], distance);
        if (suggestion->n < SUGGESTIONS_MAX)
            continue;
        /* From now on only smaller distances count. */
        if (suggestion->distances[SUGGESTIONS_MAX - 1] == 0)
            return;
        limit = suggestion->distances[SUGGESTIONS_MAX - 1] - 1;
    }
}
