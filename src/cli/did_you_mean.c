/* SPDX-License-Identifier: MIT */
#include "cli/did_you_mean.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "util/suggest.h"

enum {
    FAR = 3,             /* words that differ in more characters are not similar */
    BEGINNING_MIN = 5,   /* shorter ones are near to the beginning of too many words */
    WORD_MAX = 64,       /* longer ones are no misspelt words of ours */
    BEGINNING_LIMIT = 1, /* misspelt characters in the beginning of a word */
};

/* Two neighbouring characters are in the wrong order, and nothing else is wrong. */
static bool is_swapped(const char *word, const char *right)
{
    while (*word && *word == *right) {
        word++;
        right++;
    }
    return word[0] && word[1] && word[0] == right[1] && word[1] == right[0] &&
           strcmp(word + 2, right + 2) == 0;
}

const char *did_you_mean_word(const char *word, const char *const *words, size_t n)
{
    struct suggestion near;
    char beginning[WORD_MAX + 2];
    size_t length = strlen(word);
    /* About one third of the characters. */
    size_t limit = length < 3 ? 1 : (length + 1) / 3;
    /* '*' would match any word. */
    if (length == 0 || length > WORD_MAX || strchr(word, '*'))
        return NULL;
    for (size_t i = 0; i < n; i++)
        if (is_swapped(word, words[i]))
            return words[i];
    suggest_find(&near, word, words, n, limit > FAR ? FAR : (unsigned)limit);
    if (near.n == 0 && length >= BEGINNING_MIN) {
        snprintf(beginning, sizeof(beginning), "%s*", word);
        suggest_find(&near, beginning, words, n, BEGINNING_LIMIT);
    }
    return near.n > 0 ? near.names[0] : NULL;
}

void did_you_mean(char hint[DID_YOU_MEAN_MAX], const char *word, const char *before,
                  const char *const *words, size_t n)
{
    const char *meant = did_you_mean_word(word, words, n);
    *hint = '\0';
    if (meant)
        snprintf(hint, DID_YOU_MEAN_MAX, "; did you mean %s%s?", before, meant);
}
