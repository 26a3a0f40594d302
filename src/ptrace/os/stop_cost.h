/* SPDX-License-Identifier: MIT */
/*
 * What a stop costs on this computer: measured with a child that stops a few hundred times and does
 * nothing else, as a traced thread does at a breakpoint.
 */
#ifndef PTRACE_OS_STOP_COST_H
#define PTRACE_OS_STOP_COST_H

#include <stdbool.h>
#include <stdint.h>

#include "util/error.h"

/* Medians, in nanoseconds. */
struct stop_cost {
    uint32_t before; /* from the thread's last moment to where the tracer has its registers */
    uint32_t after;  /* from where the tracer sets the PC to the thread's next moment */
    uint32_t cpu;    /* how long the thread itself is on a CPU for it; 0: not known */
};

/* Takes some milliseconds. `same_cpu`: tracer and child are bound to one CPU, as busy threads are;
   the calling thread's affinity is restored. The caller must be able to fork and to wait for
   children. Negative errno. */
MUST_CHECK int stop_cost_measure(bool same_cpu, struct stop_cost *cost);

#endif
