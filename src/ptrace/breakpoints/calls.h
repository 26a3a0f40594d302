/* SPDX-License-Identifier: MIT */
/* What entries into and returns from armed functions do to a thread's callstack. */
#ifndef PTRACE_BREAKPOINTS_CALLS_H
#define PTRACE_BREAKPOINTS_CALLS_H

#include <stdint.h>

#include "model/hit.h"
#include "ptrace/breakpoints/site.h"
#include "ptrace/core/tracee.h"

/* A call of the function at `entry` has begun: pushes its frame, and sets the hit's depth. The
   hit has time, CPU time and return address. `back`: the return site, planted; NULL: there is none,
   and the exit is counted as lost. */
void calls_enter(struct tracee *tracee, struct site *entry, struct site *back, uint64_t slot,
                 uint64_t result_address, struct hit *hit);

/* Before other changes of the thread's callstack: it is seen at that time. */
void calls_seen(struct tracee *tracee, uint64_t time_ns);

#endif
