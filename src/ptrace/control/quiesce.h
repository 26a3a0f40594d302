/* SPDX-License-Identifier: MIT */
/*
 * Making a program stand still so that what the tracer has put into its code can be removed: for a
 * detach, and for a core dump. All threads are stopped, the breakpoints are removed, and each
 * thread is moved to where it would be without them.
 */
#ifndef PTRACE_CONTROL_QUIESCE_H
#define PTRACE_CONTROL_QUIESCE_H

#include <stdbool.h>
#include <sys/types.h>

#include "ptrace/core/thread_walk.h"
#include "ptrace/os/wait_status.h"
#include "util/error.h"

struct address_space;
struct engine;

/* The processes that stand still together: all of an address space, or one whose address space is
   not known. */
struct quiesce_group {
    struct engine *engine;
    struct address_space *space;
    pid_t pid;
};

/* Walks over all their threads. */
void quiesce_walk(struct thread_walk *walk, const struct quiesce_group *group);
/* Whether the thread is in a stop in which it can be moved and detached, or has ended. */
bool quiesce_is_settled(const struct stop *stop);
/*
 * Stops every thread where it can be detached. Events of new children are handled on the way, while
 * the breakpoints to remove from them are still known. The interrupt stays pending meanwhile and
 * stops the thread again.
 */
void quiesce(const struct quiesce_group *group);

/*
 * The breakpoints were removed. Moves the stopped thread out of a slot or stub, and back in front
 * of a breakpoint that it has just hit. *signal: what it is then to be resumed or detached with, or
 * 0. -EAGAIN: it was resumed, and stops again; -ESRCH: it is gone.
 */
MUST_CHECK int quiesce_leave_code(struct engine *engine, struct tracee *tracee,
                                  const struct stop *stop, int *signal);

#endif
