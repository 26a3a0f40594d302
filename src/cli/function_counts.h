/* SPDX-License-Identifier: MIT */
/* What became of each function's calls: kept only with --verbose, and said at the end. */
#ifndef CLI_FUNCTION_COUNTS_H
#define CLI_FUNCTION_COUNTS_H

#include <stdint.h>

#include "model/hit.h"

struct function_counts;

/* NULL when memory is out. */
struct function_counts *function_counts_new(void);
/* NULL is fine, for all. */
void function_counts_free(struct function_counts *counts);

/* The function is armed: there will be hits of it. Only those of such functions are counted. */
void function_counts_add(struct function_counts *counts, const struct probe *probe);
/* A hit, of which so many records were written and lost. Allocates nothing. */
void function_counts_hit(struct function_counts *counts, const struct hit *hit, uint64_t written,
                         uint64_t lost);

/*
 * One line for each function that was called, the most often called first; of more than
 * TALLY_LINES_MAX the last ones are summed up in one line. One more tells how many were not called.
 */
enum { TALLY_LINES_MAX = 100 };
void function_counts_report(const struct function_counts *counts);

#endif
