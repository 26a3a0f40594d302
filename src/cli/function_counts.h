/* SPDX-License-Identifier: MIT */
/* Counts calls and records for each function: with --verbose only, printed at the end. */
#ifndef CLI_FUNCTION_COUNTS_H
#define CLI_FUNCTION_COUNTS_H

#include <stdint.h>

#include "model/hit.h"

struct function_counts;

/* NULL: out of memory. */
struct function_counts *function_counts_new(void);
/* `counts` may be NULL in all of these. */
void function_counts_free(struct function_counts *counts);

/* Adds a function when it is armed. Hits of other functions are not counted. */
void function_counts_add(struct function_counts *counts, const struct probe *probe);
/* Counts calls that were not reported, and their lost records. */
void function_counts_dropped(struct function_counts *counts, const struct probe *probe,
                             uint64_t calls, uint64_t lost);
/* Counts a hit, and its written and lost records. Does not allocate. */
void function_counts_hit(struct function_counts *counts, const struct hit *hit, uint64_t written,
                         uint64_t lost);

/*
 * Prints one line for each called function, most calls first. Sums up the functions after the first
 * FUNCTION_LINES_MAX in one line. The last line has the number of functions that were not called.
 */
enum { FUNCTION_LINES_MAX = 100 };
void function_counts_report(const struct function_counts *counts);

#endif
