/* SPDX-License-Identifier: MIT */
/* The CPU a stopped thread ran on. */
#ifndef PTRACE_THREADS_CURRENT_CPU_H
#define PTRACE_THREADS_CURRENT_CPU_H

#include "ptrace/core/tracee.h"
#include "util/addr.h"

/* The address in the target at which the kernel maintains the thread's CPU number, a uint32_t
   (struct rseq's cpu_id: linux/rseq.h). 0: the thread has registered none. */
target_addr cpu_address(struct tracee *tracee);
/* The CPU if it is known without a read: the one the thread is bound to. Else -1. */
int cpu_known(const struct tracee *tracee);
/* Whether the thread may run on that CPU only: 1 or 0. Negative: no such thread. */
int cpu_is_only(pid_t tid, int cpu);
/* The CPU; -1: not known. */
int cpu_of(struct tracee *tracee);

#endif
