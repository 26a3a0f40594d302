/* SPDX-License-Identifier: MIT */
/*
 * CPU pinning: a thread that does little but hit breakpoints is bound to the CPU of the tracer
 * thread that owns it, and the tracer thread, too. A stop is then a context switch on one CPU;
 * otherwise it is an interrupt to another CPU and a wake-up there. Several such threads are spread
 * over tracer threads, each on its own CPU. The threads' own affinities are stored and restored:
 * when a thread is no longer busy, before the program asks for or sets an affinity, for new
 * children, before another program is executed, and at the end of tracing.
 */
#ifndef PTRACE_THREADS_CPU_PINNING_H
#define PTRACE_THREADS_CPU_PINNING_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

struct address_space;
struct engine;
struct process;
struct tracer_thread;
struct tracee;

/* The period after which it is checked whether bound threads are still busy. */
enum { CPU_PINNING_REVIEW_NS = 50000000 };

/* The tracer's own affinity, without any binding. 0 or a negative errno. */
int cpu_pinning_own(const struct engine *engine, cpu_set_t *own);
/* The number of CPUs that the tracer may use. */
unsigned cpu_pinning_cpus(const struct engine *engine);
/* A new tracer thread inherits the primary's binding: gives it its own affinity. */
void cpu_pinning_open(struct tracer_thread *tracer);
/* The CPU to bind a thread with that affinity to. The tracer thread may be NULL: one that is not
   started yet. `now`: the CPU the thread is on. -1: none. */
int cpu_pinning_cpu_for(const struct engine *engine, const struct tracer_thread *tracer,
                        const cpu_set_t *affinity, int now);
/* Stores the thread's own affinity in its `pinning`. false: it must not be bound. */
bool cpu_pinning_own_affinity(struct tracee *tracee);
/* Binds the thread, whose own affinity is stored, to the tracer thread's CPU. */
int cpu_pinning_bind(struct tracer_thread *tracer, struct tracee *tracee, int cpu);
/* Unbinds all of the tracer thread's tracees and frees its timer. */
void cpu_pinning_close(struct tracer_thread *tracer);

/* The thread is about to migrate to `to`: binds it there if possible, wherever it was bound. */
void cpu_pinning_move(struct tracee *tracee, struct tracer_thread *to);

/* Restores the thread's own affinity. Nothing happens if it is not bound. */
void cpu_pinning_unbind(struct tracee *tracee);
/* The program is about to ask for affinities, or to set one: unbinds all threads, and binds none
   for a while. */
void cpu_pinning_unbind_all(struct engine *engine);
/* The threads of the space stop less often from now on: unbinds them. */
void cpu_pinning_unbind_space(struct engine *engine, const struct address_space *space);
/* The process is being detached: unbinds its threads for good. */
void cpu_pinning_end(struct engine *engine, struct process *process);
/* `child`, a new thread or process that is stopped, has inherited the binding of `parent`. */
void cpu_pinning_new_child(const struct tracee *parent, pid_t child);
/* The same for a new thread of the process whose creator is not known yet. */
void cpu_pinning_new_thread(const struct engine *engine, const struct process *process,
                            pid_t thread);
/* Thread `former` has executed a program and is now the leader `tid`. */
void cpu_pinning_exec(const struct engine *engine, pid_t former, pid_t tid);
/* The thread has ended. */
void cpu_pinning_forget(struct tracee *tracee);

#endif
