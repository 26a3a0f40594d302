/* SPDX-License-Identifier: MIT */
/*
 * How long threads have been on a CPU. The kernel counts what a stop costs the thread itself (the
 * trap, giving the CPU to the tracer, coming back), and nothing while it is stopped.
 */
#ifndef PTRACE_THREADS_CPU_TIME_H
#define PTRACE_THREADS_CPU_TIME_H

#include <stdint.h>

#include "model/probe.h"
#include "ptrace/core/callstack.h"
#include "ptrace/core/tracee.h"

/* How long the thread, which is stopped and whose registers were read since, has been on a CPU, in
   ns. 0: the probe does not want it, or it cannot be read, which is said once. Opens a file at the
   thread's first call, and keeps it if there are descriptors enough. */
uint64_t cpu_time_of(struct tracee *tracee, const struct probe *probe);

/* How long of the call that ends now; `now_ns` is from cpu_time_of(). 0: not known. */
uint64_t cpu_time_of_call(const struct frame *frame, uint64_t now_ns);

#endif
