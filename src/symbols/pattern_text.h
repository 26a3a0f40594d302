/* SPDX-License-Identifier: MIT */
/* What the user may have meant by a regular expression that matches nothing, or is none. All
   results belong to the caller. */
#ifndef SYMBOLS_PATTERN_TEXT_H
#define SYMBOLS_PATTERN_TEXT_H

#include <stddef.h>

enum { PATTERN_WORDS_MAX = 4 };

/* If the text looks like a shell pattern and not like a regular expression ("my_*", "*foo"): the
   regular expression that means the same ("my_.*"). NULL: it does not, or out of memory. */
char *pattern_text_of_glob(const char *text);
/* If it has the characters of a C++ operator as they are: the regular expression that has them with
   backslashes ("Vec::operator\(\)"). NULL: it has none, or out of memory. */
char *pattern_text_of_operator(const char *text);
/*
 * The words that the text is about, for similar names: its alternatives, in which '*' stands for
 * any text, without parameters. Returns their number: 0 if the expression has more than that.
 */
size_t pattern_text_words(const char *text, char *words[PATTERN_WORDS_MAX]);

#endif
