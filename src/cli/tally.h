/* What became of each function's calls: kept only with --verbose, and said at the end. */
#ifndef CLI_TALLY_H
#define CLI_TALLY_H

#include <stdint.h>

#include "ptrace/hit.h"

struct tally;

/* NULL when memory is out. */
struct tally *tally_new(void);
/* NULL is fine, for all. */
void tally_free(struct tally *tally);

/* The function is armed: there will be hits of it. Only those of such functions are counted. */
void tally_add(struct tally *tally, const struct probe *probe);
/* A hit, of which so many records were written and lost. Allocates nothing. */
void tally_hit(struct tally *tally, const struct hit *hit, uint64_t written, uint64_t lost);

/*
 * One line for each function that was called, the most often called first; of more than
 * TALLY_LINES_MAX the last ones are summed up in one line. One more tells how many were not called.
 */
enum { TALLY_LINES_MAX = 100 };
void tally_report(const struct tally *tally);

#endif
