/*
 * Placement: a thread that does little but run into breakpoints is kept on the CPU of the server
 * that owns it, and the server with it. A stop is then a switch on one CPU, where it is otherwise
 * an interrupt to another one and a wake-up there. Where there are several such threads they are
 * spread over servers, each on a CPU of its own. The threads' own affinities are kept here and
 * given back when they stop being busy, when the program is about to ask for or to set one, to
 * children at birth, before another program is executed, and at the end of tracing.
 */
#ifndef PTRACE_THREADS_CPU_PINNING_H
#define PTRACE_THREADS_CPU_PINNING_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

struct engine;
struct process;
struct tracer_thread;
struct tracee;

/* A server's part. */
struct thread_pinning {
    bool has_timer; /* which wakes the server for a review while any thread is bound */
    int cpu;        /* where the bound threads and the server are */
    unsigned n_bound;
    struct tracee *bound; /* a list */
    cpu_set_t own;        /* the server's affinity while any is bound */
    timer_t timer;
    uint64_t review_ns; /* when to look next whether the bound ones are still busy */
};

/* A thread's part. */
struct tracee_pinning {
    struct tracer_thread *bound; /* on whose CPU it is; NULL: it is not bound */
    bool move;                   /* when it is handed over, it is bound with its new owner */
    bool crowded;                /* it shares its CPU with other busy threads */
    bool never;                  /* it cannot be bound, or there is no sense in it */
    unsigned hits;               /* since the last look */
    uint64_t looked_ns;          /* when that was */
    uint64_t ran_ns;             /* how long it had run by then; 0: not known */
    uint64_t not_before_ns;
    cpu_set_t given; /* its own affinity, while bound */
    struct tracee *prev, *next;
};

/* How many CPUs the tracer may use. */
unsigned cpu_pinning_cpus(const struct engine *engine);
/* A new server has the primary's binding: it gets the affinity that is its own. */
void cpu_pinning_open(struct tracer_thread *server);
/* Gives everything back and frees. */
void cpu_pinning_close(struct tracer_thread *server);

/* A stopped thread's breakpoint was served that it hit on `cpu` (-1: not known). May bind it, or
   ask for its handing over. */
void cpu_pinning_hit(struct engine *engine, struct tracee *tracee, int cpu, uint64_t now_ns);
/* To be called when the server was woken: lets go of threads that are no longer busy. */
void cpu_pinning_look(struct tracer_thread *server);
/* The thread is about to be handed over to `to`: binds it there, if it can be, wherever it was. */
void cpu_pinning_move(struct tracee *tracee, struct tracer_thread *to);

/* Gives the thread back what is its own. Nothing happens when it is not bound. */
void cpu_pinning_unbind(struct tracee *tracee);
/* The program is about to ask for affinities, or to set some: all threads get theirs back and are
   left alone for a while. */
void cpu_pinning_give_back(struct engine *engine);
/* The process is let go: its threads get theirs back for good. */
void cpu_pinning_end(struct engine *engine, struct process *process);
/* `child`, a new thread or process that is stopped, was made by `parent` and has its binding. */
void cpu_pinning_birth(const struct tracee *parent, pid_t child);
/* The same for a thread of the process that came before word of who made it. */
void cpu_pinning_stranger(const struct engine *engine, const struct process *process, pid_t thread);
/* Thread `former` has executed a program and is now the leader `tid`. */
void cpu_pinning_exec(const struct engine *engine, pid_t former, pid_t tid);
/* The thread has ended. */
void cpu_pinning_forget(struct tracee *tracee);

#endif
