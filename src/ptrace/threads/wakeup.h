/* SPDX-License-Identifier: MIT */
/*
 * A tracer thread sleeps in waitid(2), which nothing but a tracee or a signal wakes. A signal that
 * comes just before the system call would be lost, so whoever rings knocks again until the tracer
 * thread, which says when it is about to sleep, is up.
 */
#ifndef PTRACE_THREADS_WAKEUP_H
#define PTRACE_THREADS_WAKEUP_H

#include <signal.h>
#include <stdbool.h>

#include "util/error.h"

struct engine;
struct tracer_thread;

int wakeup_init(struct engine *engine);
/* Lets the calling thread, which is to wait for tracees, hear it. *before, unless NULL, receives
   the thread's mask as it was. */
void wakeup_unblock(sigset_t *before);
/* In a child that has just been forked: as if there had been no engine. */
void wakeup_undo(const struct engine *engine);
/* Without a turn: blocks until some tracee of the tracer thread changes state; *info as from
   waitid(2). -EINTR: there is something else to do. -ECHILD: none is left. */
MUST_CHECK int wakeup_wait(struct tracer_thread *tracer, siginfo_t *info);
/* Without a turn and without tracees to wait for: blocks until there is something else to do. */
void wakeup_sleep(struct tracer_thread *tracer);
/* Makes it come out of these. */
void wakeup_wake(struct tracer_thread *tracer);
/* Whether the engine was rung since it was last asked. */
bool wakeup_take(struct engine *engine);

#endif
