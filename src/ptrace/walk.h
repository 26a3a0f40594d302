/*
 * A walk over the threads of an address space during which threads and processes may come and go,
 * the whole space included. What comes meanwhile may be left out. It takes as long as there are
 * threads in the space, whatever else is traced.
 */
#ifndef PTRACE_WALK_H
#define PTRACE_WALK_H

#include "ptrace/tracee.h"

struct walk {
    struct engine *engine;
    const struct space *space; /* NULL: over one process */
    struct tracee *next;       /* NULL: over */
    struct walk *outer;        /* that is under way, too */
};

/* Over the threads of all processes in the space. */
void walk_space(struct walk *walk, const struct space *space);
/* Over those of one process; of none when it is gone. */
void walk_process(struct walk *walk, struct engine *engine, pid_t pid);
/* The next thread; NULL when there is none. */
struct tracee *walk_next(struct walk *walk);
/* Walks end in the reverse order of their beginnings. */
void walk_end(struct walk *walk);

/* The thread is about to be forgotten. */
void walk_forget_tracee(struct tracee *tracee);
/* The process is about to leave its space. */
void walk_forget_process(struct process *process);

/* The first thread of a space and the one behind another, as long as none comes or goes. */
struct tracee *space_first_thread(const struct space *space);
struct tracee *space_next_thread(const struct tracee *tracee);

#endif
