/* SPDX-License-Identifier: MIT */
/*
 * What a stub costs the program, measured on this computer: in the calling process, with a function
 * that does nothing, whose entry and return are recorded by stubs.
 */
#ifndef PTRACE_ARCH_STUB_COST_H
#define PTRACE_ARCH_STUB_COST_H

#include <stdint.h>

#include "util/error.h"

/* Medians, in nanoseconds. */
struct stub_cost {
    uint32_t in_call; /* of a call's two records, what is between the times of both, */
    uint32_t around;  /* and what is before the first and after the second */
};

/* Takes a millisecond. Memory of the process becomes executable for that time. Negative errno. */
MUST_CHECK int stub_cost_measure(struct stub_cost *cost);

#endif
