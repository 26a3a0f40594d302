/* Which CPU a stopped thread ran on. */
#ifndef PTRACE_CPU_H
#define PTRACE_CPU_H

#include "ptrace/tracee.h"
#include "util/addr.h"

/* Where in the target the kernel keeps the thread's CPU number up to date, a uint32_t (struct
   rseq's cpu_id: linux/rseq.h); 0 when the thread registered none. */
target_addr cpu_address(struct tracee *tracee);
/* The CPU; -1 when it cannot be told. */
int cpu_of(struct tracee *tracee);

#endif
