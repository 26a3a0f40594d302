/* SPDX-License-Identifier: MIT */
/*
 * PTRACE_SEIZE that cannot wait for ever. It waits while the thread's process executes another
 * program (kernel/ptrace.c, ptrace_attach(): cred_guard_mutex), and that may wait for us: see
 * wait_reap_ends.h. So while the request waits, the threads that have ended are reaped: by a
 * signal's handler, which interrupts the wait; the kernel then begins it anew.
 */
#ifndef PTRACE_THREADS_SEIZE_H
#define PTRACE_THREADS_SEIZE_H

#include <stdbool.h>
#include <sys/types.h>

#include "util/addr.h"
#include "util/error.h"

struct engine;

/* Seizes the thread on the calling tracer thread's thread, with the options that every tracee has.
   0 or a negative errno. */
MUST_CHECK int engine_seize(struct engine *engine, pid_t tid);

/*
 * Whether the calling thread might attach to the thread if nobody traced it, as far as the kernel's
 * rules go. One of our threads holds it now, and one byte at `at` is there to be read. What was
 * allowed once need not be any more: a program can withdraw itself (prctl(2), PR_SET_DUMPABLE), and
 * change its parent.
 */
bool engine_may_seize(pid_t tid, target_addr at);

/* kernel.yama.ptrace_scope; 0 where the kernel has no Yama. */
int seize_scope(void);

#endif
