/* SPDX-License-Identifier: MIT */
/*
 * Waiting for tracees. A stop is looked at without reaping it: one that is not reaped keeps its
 * signal when the tracer dies, and is seen again when nothing was done about it.
 */
#ifndef PTRACE_CORE_WAIT_H
#define PTRACE_CORE_WAIT_H

#include <stdbool.h>
#include <sys/types.h>

#include "ptrace/os/wait_status.h"
#include "util/error.h"

struct address_space;
struct engine;

/* Whether the thread is stopped or has ended and can be reaped: 1 with what it is in *stop, 0, or
   -ESRCH: it is no tracee. */
MUST_CHECK int wait_peek(pid_t tid, struct stop *stop);
/* Whether the thread is stopped or has ended. A thread that is no tracee has ended: STOP_KILLED. */
bool wait_is_stopped(pid_t tid, struct stop *stop);
/* Waits for the thread to stop or end and decodes that, without reaping it. -ESRCH: there is no
   such tracee. */
MUST_CHECK int wait_for_stop(struct engine *engine, pid_t tid, struct stop *stop);
/* Whether the thread has ended. A leader that has is not reported before all other threads of its
   process have and are reaped, so nothing may wait for it alone; and /proc shows nothing of its
   process under its ID. */
bool wait_is_dead(pid_t tid);
/* Whether the thread is dead, or sleeps in the kernel where no signal reaches it: it stops before
   it comes out. */
bool wait_is_unstoppable(pid_t tid);
/* Takes the status that wait_for_stop() saw: of a thread that ended, or one left stopped. */
void wait_reap(pid_t tid);
/* Some moments, between two looks. */
void wait_a_little(void);

/* Stops all running threads of a space but `except` (0: none). Their stops stay unreaped, so that
   the loop sees each again. */
void wait_stop_all(struct engine *engine, struct address_space *space, pid_t except);

/* Whether the thread is stopped at the edge of user mode, where registers are whole. */
bool wait_is_settled(const struct stop *stop);
/* Lets a thread that stopped inside a system call's event go on to the edge of user mode: it is
   then in a STOP_INTERRUPTED or STOP_GROUP. */
MUST_CHECK int wait_settle(struct engine *engine, pid_t tid);

/*
 * Ends of threads that are reaped before the loop sees them. A thread that executes another program
 * waits in the kernel until all other threads of its process are gone (fs/exec.c, de_thread()), and
 * a traced one is gone only once its tracer has reaped it. So whoever waits for a thread, or for
 * the kernel to take a request for one, reaps those that have ended; the loop serves their ends
 * later.
 */

/* Reaps the tracees that have ended and notes how: `reaped` and `end` in struct tracee. Is
   async-signal-safe on the thread that has the engine's lock, or acts for it. */
void wait_reap_ends(struct engine *engine);
/* The same from a timer's signal handler, while a request is under way that waits for such ends:
   `engine` is what the timer says. Async-signal-safe. */
void wait_tick(void *engine);

#endif
