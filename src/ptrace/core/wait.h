/* SPDX-License-Identifier: MIT */
/*
 * Waiting for tracees. A stop is read without reaping it: a stop that is not reaped keeps its
 * signal if the tracer dies, and is reported again if it was not handled.
 */
#ifndef PTRACE_CORE_WAIT_H
#define PTRACE_CORE_WAIT_H

#include <stdbool.h>
#include <sys/types.h>

#include "ptrace/os/wait_status.h"
#include "util/error.h"

struct address_space;
struct engine;

/* Whether the thread is stopped or has ended and can be reaped: 1, with the state in *stop; 0; or
   -ESRCH: it is not a tracee. */
MUST_CHECK int wait_peek(pid_t tid, struct stop *stop);
/* Whether the thread is stopped or has ended. A thread that is not a tracee counts as ended:
   STOP_KILLED. */
bool wait_is_stopped(pid_t tid, struct stop *stop);
/* Waits for the thread to stop or end and decodes the state, without reaping it. -ESRCH: no such
   tracee. */
MUST_CHECK int wait_for_stop(struct engine *engine, pid_t tid, struct stop *stop);
/* Whether the thread has ended. The kernel does not report the end of a leader before all other
   threads of its process have ended and are reaped, so nothing may wait for it alone. /proc shows
   nothing of its process under its ID. */
bool wait_is_dead(pid_t tid);
/* Whether the thread is dead, or in an uninterruptible sleep: a stop comes only after that. */
bool wait_is_unstoppable(pid_t tid);
/* Reaps the status that wait_for_stop() returned: of a thread that ended, or one that is left
   stopped. */
void wait_reap(pid_t tid);
/* Pauses for 200 us, between two polls. */
void wait_a_little(void);

/* Stops all running threads of an address space but `except` (0: none). The stops are not reaped,
   so the loop handles each later. */
void wait_stop_all(struct engine *engine, struct address_space *space, pid_t except);

/* Whether the thread is stopped on its way to user mode, where its registers are complete. */
bool wait_is_settled(const struct stop *stop);
/* Lets a thread that is stopped in an event inside a system call run on to a STOP_INTERRUPTED or
   STOP_GROUP on its way to user mode. */
MUST_CHECK int wait_settle(struct engine *engine, pid_t tid);

/*
 * Early reaping. A thread that executes another program waits in the kernel until all other threads
 * of its process are gone (fs/exec.c, de_thread()), and a tracee is gone only once its tracer has
 * reaped it. So code that waits for a thread, or for the kernel to finish a request for one, reaps
 * the threads that have ended; the loop handles their ends later.
 */

/* Reaps the tracees that have ended and stores their status: `reaped` and `end` in struct tracee.
   Async-signal-safe on the thread that holds the engine lock, or acts for the holder. */
void wait_reap_ends(struct engine *engine);
/* The same from a timer's signal handler, during a request that waits for such ends. `engine`: the
   timer's value. Async-signal-safe. */
void wait_tick(void *engine);

#endif
