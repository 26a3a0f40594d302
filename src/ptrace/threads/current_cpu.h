/* SPDX-License-Identifier: MIT */
/* Which CPU a stopped thread ran on. */
#ifndef PTRACE_THREADS_CURRENT_CPU_H
#define PTRACE_THREADS_CURRENT_CPU_H

#include "ptrace/core/tracee.h"
#include "util/addr.h"

/* Where in the target the kernel keeps the thread's CPU number up to date, a uint32_t (struct
   rseq's cpu_id: linux/rseq.h); 0 when the thread registered none. */
target_addr cpu_address(struct tracee *tracee);
/* The CPU when nothing need be looked at to know it: the one the thread is bound to. Else -1. */
int cpu_known(const struct tracee *tracee);
/* Whether the thread may run on that CPU and no other: 1 or 0. Negative: there is no such thread.
 */
int cpu_is_only(pid_t tid, int cpu);
/* The CPU; -1 when it cannot be told. */
int cpu_of(struct tracee *tracee);

#endif
