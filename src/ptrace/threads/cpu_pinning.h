/* SPDX-License-Identifier: MIT */
/*
 * Placement: a thread that does little but run into breakpoints is kept on the CPU of the tracer
 * thread that owns it, and the tracer thread with it. A stop is then a switch on one CPU, where it
 * is otherwise an interrupt to another one and a wake-up there. Where there are several such
 * threads they are spread over tracer threads, each on a CPU of its own. The threads' own
 * affinities are kept here and given back when they stop being busy, when the program is about to
 * ask for or to set one, to children at birth, before another program is executed, and at the end
 * of tracing.
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

/* After so long it is looked at whether the bound threads are still busy. */
enum { CPU_PINNING_REVIEW_NS = 50000000 };

/* How many CPUs the tracer may use. */
unsigned cpu_pinning_cpus(const struct engine *engine);
/* A new tracer thread has the primary's binding: it gets the affinity that is its own. */
void cpu_pinning_open(struct tracer_thread *tracer);
/* The CPU for a thread with that affinity with the tracer thread, which may be NULL: one that is
   yet to be started. `now` is where the thread is. -1: there is none. */
int cpu_pinning_cpu_for(const struct engine *engine, const struct tracer_thread *tracer,
                        const cpu_set_t *affinity, int now);
/* The affinity that the thread has without us. false: it is not to be bound. */
bool cpu_pinning_own_affinity(struct tracee *tracee);
/* Binds the thread, whose own affinity is in place->affinity, as one of the tracer thread's. */
int cpu_pinning_bind(struct tracer_thread *tracer, struct tracee *tracee, int cpu);
/* Gives everything back and frees. */
void cpu_pinning_close(struct tracer_thread *tracer);

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
void cpu_pinning_new_child(const struct tracee *parent, pid_t child);
/* The same for a thread of the process that came before word of who made it. */
void cpu_pinning_new_thread(const struct engine *engine, const struct process *process,
                            pid_t thread);
/* Thread `former` has executed a program and is now the leader `tid`. */
void cpu_pinning_exec(const struct engine *engine, pid_t former, pid_t tid);
/* The thread has ended. */
void cpu_pinning_forget(struct tracee *tracee);

#endif
