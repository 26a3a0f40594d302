/* SPDX-License-Identifier: MIT */
/*
 * A walk over the threads of an address space during which threads and processes may come and go,
 * the whole space included. What comes meanwhile may be left out. It takes as long as there are
 * threads in the space, whatever else is traced.
 */
#ifndef PTRACE_CORE_THREAD_WALK_H
#define PTRACE_CORE_THREAD_WALK_H

#include "ptrace/core/tracee.h"

struct thread_walk {
    struct engine *engine;
    const struct address_space *space; /* NULL: over one process */
    struct tracee *next;               /* NULL: over */
    struct thread_walk *outer;         /* that is under way, too */
};

/* Over the threads of all processes in the space. */
void thread_walk_space(struct thread_walk *walk, const struct address_space *space);
/* Over those of one process; of none when it is gone. */
void thread_walk_process(struct thread_walk *walk, struct engine *engine, pid_t pid);
/* The next thread; NULL when there is none. */
struct tracee *thread_walk_next(struct thread_walk *walk);
/* Walks end in the reverse order of their beginnings. */
void thread_walk_end(struct thread_walk *walk);

/* The thread is about to be forgotten. */
void thread_walk_forget_tracee(struct tracee *tracee);
/* The process is about to leave its space. */
void thread_walk_forget_process(struct process *process);

/* The first thread of a space and the one behind another, as long as none comes or goes. */
struct tracee *thread_walk_first(const struct address_space *space);
struct tracee *thread_walk_after(const struct tracee *tracee);

#endif
