/* SPDX-License-Identifier: MIT */
/* The word that a misspelt word of the command line was probably meant to be. */
#ifndef CLI_DID_YOU_MEAN_H
#define CLI_DID_YOU_MEAN_H

#include <stddef.h>

enum { DID_YOU_MEAN_MAX = 400 };

/* The nearest of the n words, NULL if none is near; also one of which the word is a misspelt
   beginning. Of equally near ones the first. */
const char *did_you_mean_word(const char *word, const char *const *words, size_t n);
/* Writes "; did you mean WORD?", with `before` in front of the nearest word, or "". */
void did_you_mean(char hint[DID_YOU_MEAN_MAX], const char *word, const char *before,
                  const char *const *words, size_t n);

#endif
