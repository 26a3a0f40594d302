/* SPDX-License-Identifier: MIT */
/*
 * Waking a tracer thread that sleeps in waitid(2), which only a tracee or a signal wakes. A signal
 * that arrives just before the system call has no effect. So the sender repeats it until the tracer
 * thread, which shows when it is about to sleep, is awake.
 */
#ifndef PTRACE_THREADS_WAKEUP_H
#define PTRACE_THREADS_WAKEUP_H

#include <signal.h>
#include <stdbool.h>

#include "util/error.h"

struct engine;
struct tracer_thread;

int wakeup_init(struct engine *engine);
/* Unblocks the wakeup signal in the calling thread. *before, unless NULL, receives its old mask. */
void wakeup_unblock(sigset_t *before);
/* Restores the signal's state from before the engine. For a child that was just forked. */
void wakeup_undo(const struct engine *engine);
/* Called without the lock: blocks until a tracee of the tracer thread changes state. *info: as from
   waitid(2). -EINTR: there is other work. -ECHILD: it has no tracee. */
MUST_CHECK int wakeup_wait(struct tracer_thread *tracer, siginfo_t *info);
/* Called without the lock, by a tracer thread without tracees: blocks until there is work. */
void wakeup_sleep(struct tracer_thread *tracer);
/* Makes the tracer thread return from these two. */
void wakeup_wake(struct tracer_thread *tracer);
/* Whether engine_wake() was called since the last call of this function. */
bool wakeup_take(struct engine *engine);

#endif
