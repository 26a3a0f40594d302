/* SPDX-License-Identifier: MIT */
/*
 * When the threads of a program may be stopped for a change of jumps: so that of any second, they
 * are stopped for PACING_BUDGET_NS at most. A single change may take longer than that; then there
 * is no other one within a second of it.
 */
#ifndef PTRACE_JUMPS_PACING_H
#define PTRACE_JUMPS_PACING_H

#include <stdint.h>

enum {
    PACING_WINDOW_NS = 1000000000,
    PACING_BUDGET_NS = PACING_WINDOW_NS / 50,
    PACING_SHARE = 49, /* the pause after a stop is at least so many times as long */
    PACING_STOPS = 32,
};

struct pacing_stop {
    uint64_t end_ns, ns;
};

struct pacing {
    unsigned n;
    struct pacing_stop stops[PACING_STOPS]; /* the last ones, the oldest first */
};

/* The threads were stopped from start_ns to end_ns, which is not before the end of the last stop.
 */
void pacing_note(struct pacing *pacing, uint64_t start_ns, uint64_t end_ns);
/* The earliest time of another stop: the pause after the last one is `share` times as long. */
uint64_t pacing_after_last(const struct pacing *pacing, unsigned share);
/* The earliest time of a stop that is expected to take expected_ns, or as long as the longest of
   the last second, if that is longer. */
uint64_t pacing_next(const struct pacing *pacing, uint64_t expected_ns);

#endif
