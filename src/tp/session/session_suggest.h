/* SPDX-License-Identifier: MIT */
/* Which of many names a name that is none of them was meant to be. */
#ifndef TP_SESSION_SESSION_SUGGEST_H
#define TP_SESSION_SESSION_SUGGEST_H

#include <stddef.h>

enum { NEAREST_MAX = 3, NEAREST_LENGTH_MAX = 255 };

struct suggestion {
    size_t n;
    const char *names[NEAREST_MAX]; /* the nearest first; they are the caller's */
    unsigned distances[NEAREST_MAX];
};

/*
 * How many characters must be put in, taken out or changed to make one of the other; '*' in
 * `pattern` stands for anything. More than `limit` is told as limit + 1, and soon.
 */
unsigned suggest_distance(const char *pattern, const char *name, size_t length, unsigned limit);

/*
 * Those of the n event names ("mylib:my_traced_function_entry") that are nearest to the pattern,
 * and no further off than `limit`. A pattern without "_entry" or "_exit" at its end is compared
 * with names without theirs, one without a colon with what stands behind theirs. 100,000 names take
 * a tenth of a second.
 */
void suggest_find(struct suggestion *nearest, const char *pattern, const char *const *names,
                  size_t n, unsigned limit);

#endif
