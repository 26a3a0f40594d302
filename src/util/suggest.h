/* SPDX-License-Identifier: MIT */
/* Finds the names that a misspelt name was probably meant to be. */
#ifndef UTIL_SUGGEST_H
#define UTIL_SUGGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SUGGESTIONS_MAX = 3, SUGGEST_NAME_MAX = 255 };

struct suggestion {
    size_t n;
    const char *names[SUGGESTIONS_MAX]; /* smallest distance first; owned by the caller */
    unsigned distances[SUGGESTIONS_MAX];
};

/*
 * Levenshtein distance: how many characters must be inserted, deleted or replaced to turn one into
 * the other. '*' in `pattern` matches any text. A distance above `limit` is returned as limit + 1,
 * early.
 */
unsigned suggest_distance(const char *pattern, const char *name, size_t length, unsigned limit);

/* The pattern of suggest_distance(), prepared for many names. */
struct suggest_query {
    const char *pattern; /* of the caller */
    size_t length;
    uint64_t letters;
    bool has_wildcard;
};
void suggest_begin(struct suggest_query *query, const char *pattern);
/* suggest_distance() to the name; quick where the lengths or the letters tell enough. */
unsigned suggest_measure(const struct suggest_query *query, const char *name, size_t length,
                         unsigned limit);

/*
 * Finds those of the n names, of events ("mylib:my_traced_function_entry") or plain words, that are
 * nearest to the pattern, with a distance of at most `limit`. A pattern without "_entry" or "_exit"
 * is compared with the names without them, a pattern without a colon with the part after the colon.
 * Takes a tenth of a second for 100,000 names.
 */
void suggest_find(struct suggestion *suggestion, const char *pattern, const char *const *names,
                  size_t n, unsigned limit);

#endif
