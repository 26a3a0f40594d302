/* SPDX-License-Identifier: MIT */
/*
 * A tracer thread: one of the engine's threads. Ptrace binds a tracee to the thread that attached
 * to it: only that thread may make requests and waits. So each tracee has an owner. The first
 * tracer thread, the primary, is the thread that made the engine. While few threads hit breakpoints
 * it is the only one. Further tracer threads are started when tracees migrate to them
 * (ptrace/threads/tracee_migration.h). They run until the engine is freed: the kernel detaches the
 * tracees of a tracer thread that ends.
 *
 * All tracer threads do the same work, one at a time except for their waits: see
 * ptrace/core/engine_lock.h. A request for another tracer thread's tracee runs on that tracer
 * thread, by tracer_thread_call().
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

/* A function call that one tracer thread posts to another. */
struct thread_call {
    void (*run)(void *data);
    void *data;
    atomic_bool done;
};

/* The CPU pinning of a tracer thread and of the tracees bound to its CPU: see
   ptrace/threads/cpu_pinning.h. */
struct thread_pinning {
    bool has_timer; /* `timer` exists: it wakes the tracer thread for a review while any tracee is
                       bound */
    int cpu;        /* of the tracer thread and of the tracees bound to it */
    unsigned n_bound;
    struct tracee *bound; /* list of tracees */
    cpu_set_t own;        /* the tracer thread's own affinity, valid while any tracee is bound */
    timer_t timer;
    uint64_t review_ns; /* time of the next review */
};

struct tracer_thread {
    struct engine *engine;
    unsigned index; /* 0: the primary */
    pthread_t thread;
    pid_t tid;
    size_t n_tracees; /* that it owns */
    struct thread_pinning pinning;

    bool busy_elsewhere; /* the last breakpoint was hit on another CPU, */
    int busy_cpu;        /* that CPU: see wakeup.c */
    uint64_t all_polled_ns;

    /* The tracee whose stop the tracer thread's last wait reported: see
       tracer_thread_resume_later(). */
    pid_t seen_tid; /* 0: none */
    struct stop_prefetch prefetch;
    bool has_others;       /* there is more than one tracer thread */
    pid_t resume;          /* the tracee to resume after the lock is released; 0: none */
    arch_regs resume_regs; /* with these registers, */
    target_addr resume_at; /* at this PC, */
    int resume_signal;     /* with this signal */

    _Atomic(struct thread_call *) posted_call;
    unsigned n_calls;         /* calls that it ran for others */
    atomic_bool waiting;      /* it is in waitid(2), or about to enter it: see wakeup.c */
    atomic_bool wake_pending; /* it must return from waitid(2) */
    atomic_bool ending;
    atomic_ulong waits; /* for engine_stats.waits */
};

/* Takes the engine lock. Runs the calls that others post while it waits. */
void tracer_thread_lock(struct tracer_thread *tracer);
void tracer_thread_unlock(struct tracer_thread *tracer);
/* Called without the lock, after the tracer thread's wait reported this: reads ahead what the
   stop's handling needs. */
void tracer_thread_prefetch(struct tracer_thread *tracer, const siginfo_t *info);
/*
 * A tracee that is resumed on the tracer thread's own CPU may run at once, before the tracer thread
 * does. So a tracee whose stop the acting tracer thread's wait reported is resumed only after the
 * lock is released. false: it is another tracee, resume it now. A tracer thread that needs
 * another's tracee stopped first interrupts it by way of its owner, and so cannot come in between.
 */
bool tracer_thread_resume_later(struct tracer_thread *tracer, pid_t tid, const arch_regs *regs,
                                target_addr pc, int signal);
/* The acting tracer thread resumes that tracee now, since it is about to look at its other
   tracees. */
void tracer_thread_resume_now(struct tracer_thread *tracer);
/* Runs run(data) on the tracer thread, while the caller, which holds the lock, waits for it. */
void tracer_thread_call(struct tracer_thread *tracer, void (*run)(void *data), void *data);

#endif
