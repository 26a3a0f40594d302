/*
 * PTRACE_SEIZE that cannot wait for ever. It waits while the thread's process executes another
 * program (kernel/ptrace.c, ptrace_attach(): cred_guard_mutex), and that may wait for us: see
 * ends.h. So while the request waits, the threads that have ended are reaped: by a signal's
 * handler, which interrupts the wait; the kernel then begins it anew.
 */
#ifndef PTRACE_SEIZE_H
#define PTRACE_SEIZE_H

#include <sys/types.h>

#include "util/error.h"

struct engine;

/* Seizes the thread on the calling server's thread, with the options that every tracee has. 0 or a
   negative errno. */
MUST_CHECK int engine_seize(struct engine *engine, pid_t tid);

/* What the doorbell's handler calls when a timer of engine_seize() has rung; `engine` is what the
   timer says. Async-signal-safe. */
void seize_tick(void *engine);

#endif
