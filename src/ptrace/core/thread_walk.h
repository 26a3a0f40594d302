/* SPDX-License-Identifier: MIT */
/*
 * A walk over the threads of an address space during which threads, processes and the address space
 * itself may come and go. New ones may be left out. The cost depends on the number of threads in
 * the address space, not on what else is traced.
 */
#ifndef PTRACE_CORE_THREAD_WALK_H
#define PTRACE_CORE_THREAD_WALK_H

#include "ptrace/core/tracee.h"

struct thread_walk {
    struct engine *engine;
    const struct address_space *space; /* NULL: walk over one process */
    struct tracee *next;               /* NULL: at the end */
    struct thread_walk *outer;         /* the enclosing active walk */
};

/* Walks over the threads of all processes in the address space. */
void thread_walk_space(struct thread_walk *walk, const struct address_space *space);
/* Walks over the threads of one process; over none if it is gone. */
void thread_walk_process(struct thread_walk *walk, struct engine *engine, pid_t pid);
/* The next thread. NULL: none. */
struct tracee *thread_walk_next(struct thread_walk *walk);
/* Walks must end in the reverse order of their beginnings. */
void thread_walk_end(struct thread_walk *walk);

/* To be called before the thread is freed. */
void thread_walk_forget_tracee(struct tracee *tracee);
/* To be called before the process leaves its address space. */
void thread_walk_forget_process(struct process *process);

/* The first thread of an address space, and the one after another. Valid while no thread comes or
   goes. */
struct tracee *thread_walk_first(const struct address_space *space);
struct tracee *thread_walk_after(const struct tracee *tracee);

#endif
