/* SPDX-License-Identifier: MIT */
/*
 * A tracer thread: one of the engine's threads. Ptrace binds a traced thread to the thread that
 * attached to it: requests and waits are that one's alone. So each tracee has an owner. The first
 * tracer thread, the primary, is the thread that made the engine; while few threads hit breakpoints
 * it is the only one. Further ones are started when threads are handed to them
 * (ptrace/threads/tracee_migration.h), and stay until the engine is freed: with a tracer's thread
 * its tracees would be let go.
 *
 * All tracer threads do the same, one at a time but for their waits: see ptrace/core/engine_lock.h.
 * What one has to ask of another's tracee is done on that one's thread, by tracer_thread_call().
 */
#ifndef PTRACE_CORE_TRACER_THREAD_H
#define PTRACE_CORE_TRACER_THREAD_H

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "ptrace/core/stop_prefetch.h"
#include "util/error.h"

struct engine;
struct tracee;

enum { TRACER_THREADS_MAX = 64 };

/* What one tracer thread asks another to do. */
struct thread_call {
    void (*run)(void *data);
    void *data;
    atomic_bool done;
};

/* What a tracer thread keeps of the tracees that share its CPU: see ptrace/threads/cpu_pinning.h.
 */
struct thread_pinning {
    bool has_timer; /* which wakes the tracer thread for a review while any thread is bound */
    int cpu;        /* where the bound threads and the tracer thread are */
    unsigned n_bound;
    struct tracee *bound; /* a list */
    cpu_set_t own;        /* the tracer thread's affinity while any is bound */
    timer_t timer;
    uint64_t review_ns; /* when to look next whether the bound ones are still busy */
};

struct tracer_thread {
    struct engine *engine;
    unsigned index; /* 0: the primary */
    pthread_t thread;
    pid_t tid;
    size_t n_tracees; /* it owns */
    struct thread_pinning pinning;

    bool busy_elsewhere; /* the last breakpoint was hit on another CPU, */
    int busy_cpu;        /* this one: see wakeup.c */
    uint64_t all_polled_ns;

    /* The stop that the tracer thread's own wait has shown: see tracer_thread_resume_later(). */
    pid_t seen_tid; /* 0: none */
    struct stop_prefetch prefetch;
    bool has_others;       /* there are other tracer threads */
    pid_t resume;          /* to be resumed when the turn is over; 0: none */
    arch_regs resume_regs; /* which it has, */
    target_addr resume_at; /* here, */
    int resume_signal;     /* with this */

    _Atomic(struct thread_call *) posted_call;
    unsigned n_calls;         /* done for others */
    atomic_bool waiting;      /* in waitid(2), or about to be: see wakeup.c */
    atomic_bool wake_pending; /* it is to come out of that */
    atomic_bool ending;
    atomic_ulong waits; /* see struct engine_stats */
};

/* Waits for the turn, and does meanwhile what others ask. */
void tracer_thread_lock(struct tracer_thread *tracer);
void tracer_thread_unlock(struct tracer_thread *tracer);
/* Without a turn: the tracer thread's wait has shown this. */
void tracer_thread_prefetch(struct tracer_thread *tracer, const siginfo_t *info);
/*
 * A thread that is resumed on the tracer thread's own CPU may run at once, before the tracer thread
 * does. So the one whose stop the acting tracer thread's wait has shown is resumed only when the
 * turn is over. false: it is another one, resume it now. What asks for a stopped thread of another
 * tracer thread first interrupts it, by way of that one, and so does not come in between.
 */
bool tracer_thread_resume_later(struct tracer_thread *tracer, pid_t tid, const arch_regs *regs,
                                target_addr pc, int signal);
/* The acting tracer thread resumes it now: it is about to look at its other threads. */
void tracer_thread_resume_now(struct tracer_thread *tracer);
/* Runs run(data) on the tracer thread's thread, as part of the turn of the caller, which waits for
 * it. */
void tracer_thread_call(struct tracer_thread *tracer, void (*run)(void *data), void *data);

#endif
