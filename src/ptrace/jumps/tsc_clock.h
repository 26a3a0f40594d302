/* SPDX-License-Identifier: MIT */
/*
 * Converts the counter that stubs read (x86-64: the TSC) to CLOCK_MONOTONIC, by pairs of both that
 * are read now and then. Between two pairs it interpolates.
 */
#ifndef PTRACE_JUMPS_TSC_CLOCK_H
#define PTRACE_JUMPS_TSC_CLOCK_H

#include <stdint.h>

struct tsc_pair {
    uint64_t tsc;
    uint64_t ns;
};

struct tsc_clock {
    struct tsc_pair from, to; /* the last two pairs, `to` the later one */
    uint64_t scale;           /* ns for 2^32 counts between them */
};

/* Reads the first pair. */
void tsc_clock_start(struct tsc_clock *clock);
/* Reads another pair; the last one but one is dropped if enough time lies between them. */
void tsc_clock_update(struct tsc_clock *clock);
/* The time at which the counter had the value, in ns. A value later than the last pair is
   extrapolated; one that is far from any (the target wrote it) gives some time near the pairs. */
uint64_t tsc_clock_ns(const struct tsc_clock *clock, uint64_t tsc);

#endif
