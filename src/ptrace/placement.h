/*
 * Placement: a thread that does little but run into breakpoints is kept on the CPU of the engine's
 * own thread, and the engine with it. A stop is then a switch on one CPU, where it is otherwise an
 * interrupt to another one and a wake-up there. The threads' own affinities are kept here and given
 * back when they stop being busy, when the program is about to ask for or to set one, to children
 * at birth, before another program is executed, and at the end of tracing.
 */
#ifndef PTRACE_PLACEMENT_H
#define PTRACE_PLACEMENT_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

struct engine;
struct process;
struct tracee;

/* The engine's part. */
struct placement {
    bool off;       /* not wanted, or the kernel does not let us */
    bool has_timer; /* which wakes the engine for a review while any thread is bound */
    int cpu;        /* where the bound threads and the engine are */
    unsigned n_bound;
    struct tracee *bound; /* a list */
    cpu_set_t own;        /* the engine thread's affinity while any is bound */
    timer_t timer;
    uint64_t review_ns; /* when to look next whether the bound ones are still busy */
};

/* A thread's part. */
struct thread_placement {
    bool bound;
    bool never;         /* it cannot be bound, or there is no sense in it */
    unsigned hits;      /* since the last look */
    uint64_t looked_ns; /* when that was */
    uint64_t ran_ns;    /* how long it had run by then; 0: not known */
    uint64_t not_before_ns;
    cpu_set_t given; /* its own affinity, while bound */
    struct tracee *prev, *next;
};

/* off: bind nothing ever. */
void placement_init(struct engine *engine, bool off);
/* Gives everything back and frees. */
void placement_close(struct engine *engine);

/* A stopped thread's breakpoint was served that it hit on `cpu` (-1: not known). May bind it. */
void placement_hit(struct engine *engine, struct tracee *tracee, int cpu, uint64_t now_ns);
/* To be called when the engine was woken: lets go of threads that are no longer busy. */
void placement_look(struct engine *engine);

/* Gives the thread back what is its own. Nothing happens when it is not bound. */
void placement_unbind(struct engine *engine, struct tracee *tracee);
/* The program is about to ask for affinities, or to set some: all threads get theirs back and are
   left alone for a while. */
void placement_give_back(struct engine *engine);
/* The process is let go: its threads get theirs back for good. */
void placement_end(struct engine *engine, struct process *process);
/* `child`, a new thread or process that is stopped, was made by `parent` and has its binding. */
void placement_birth(struct engine *engine, const struct tracee *parent, pid_t child);
/* The same for a thread of the process that came before word of who made it. */
void placement_stranger(struct engine *engine, const struct process *process, pid_t thread);
/* Thread `former` has executed a program and is now the leader `tid`. */
void placement_exec(struct engine *engine, pid_t former, pid_t tid);
/* The thread has ended. */
void placement_forget(struct engine *engine, struct tracee *tracee);

#endif
