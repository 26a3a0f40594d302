/* SPDX-License-Identifier: MIT */
/*
 * PTRACE_SEIZE without a deadlock. The request waits while the thread's process executes another
 * program (kernel/ptrace.c, ptrace_attach(): cred_guard_mutex), and that may wait for us: see
 * wait.h. So threads that end meanwhile are reaped in a signal handler. It interrupts the request,
 * and the kernel restarts it.
 */
#ifndef PTRACE_THREADS_SEIZE_H
#define PTRACE_THREADS_SEIZE_H

#include <stdbool.h>
#include <sys/types.h>

#include "util/addr.h"
#include "util/error.h"

struct engine;

/* Seizes the thread with the options of every tracee. The calling tracer thread becomes its tracer.
   0 or a negative errno. */
MUST_CHECK int engine_seize(struct engine *engine, pid_t tid);

/*
 * Whether the kernel would permit the calling thread to attach to the thread if it were not traced.
 * Another tracer thread traces it now; the byte at `at` must be readable. An earlier permission may
 * be gone: a program can change its dumpable attribute (prctl(2), PR_SET_DUMPABLE) and its parent.
 */
bool engine_may_seize(pid_t tid, target_addr at);

/* kernel.yama.ptrace_scope; 0 in a kernel without Yama. */
int seize_scope(void);

#endif
