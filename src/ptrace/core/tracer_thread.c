/* SPDX-License-Identifier: MIT */
#include "ptrace/core/tracer_thread.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/ptrace.h>
#include <time.h>

#include "ptrace/arch/arch.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/engine_lock.h"
#include "ptrace/core/stop_prefetch.h"
#include "ptrace/engine.h"
#include "ptrace/os/wait_status.h"

enum {
    CALL_POLL_SPINS = 6000, /* further calls often follow at once */
    SIGNAL_EVERY = 512,     /* polls between two signals */
    PAUSE_NS = 50000,
};

/* Runs the posted call, if there is one. */
static bool run_posted_call(struct tracer_thread *tracer)
{
    struct engine *engine = tracer->engine;
    struct thread_call *call = atomic_load(&tracer->posted_call);
    if (!call)
        return false;
    struct tracer_thread *caller = engine->acting;
    atomic_store(&tracer->posted_call, NULL);
    tracer->n_calls++;
    tracer->seen_tid = 0;
    stop_prefetch_drop(&tracer->prefetch);
    engine->acting = tracer;
    call->run(call->data);
    engine->acting = caller;
    atomic_store(&call->done, true); /* the caller may reuse the call from here on */
    return true;
}

static void poll_calls(struct tracer_thread *tracer)
{
    for (unsigned n = 0; n < CALL_POLL_SPINS; n++)
        if (run_posted_call(tracer))
            n = 0;
}

static bool is_lock_free(void *data)
{
    struct tracer_thread *tracer = data;
    return atomic_load(&tracer->posted_call) || !atomic_load(&tracer->engine->lock.taken);
}

static void await_lock(struct tracer_thread *tracer, struct engine_lock *lock)
{
    engine_lock_want(lock);
    for (unsigned n = 0; !engine_lock_try(lock); n++) {
        if (run_posted_call(tracer)) {
            poll_calls(tracer);
            n = 0;
        } else if (!engine_lock_spin(n)) {
            engine_lock_sleep(lock, is_lock_free, tracer);
            n = 0;
        }
    }
    engine_lock_wanted(lock);
}

void tracer_thread_lock(struct tracer_thread *tracer)
{
    struct engine_lock *lock = &tracer->engine->lock;
    atomic_store(&tracer->wake_pending, false);
    if (!engine_lock_try(lock))
        await_lock(tracer, lock);
    tracer->engine->acting = tracer;
}

void tracer_thread_prefetch(struct tracer_thread *tracer, const siginfo_t *info)
{
    struct stop stop = stop_decode(info);
    tracer->seen_tid = stop.tid;
    stop_prefetch_read(&tracer->prefetch, &stop, tracer->has_others);
}

bool tracer_thread_resume_later(struct tracer_thread *tracer, pid_t tid, const arch_regs *regs,
                                target_addr pc, int signal)
{
    if (tracer->seen_tid != tid || tracer->resume)
        return false;
    tracer->engine->stats.requests[REQUEST_SET_PC]++;
    tracer->engine->stats.requests[REQUEST_RESUME]++;
    tracer->resume_regs = *regs;
    tracer->resume_at = pc;
    tracer->resume = tid;
    tracer->resume_signal = signal;
    return true;
}

static void resume(struct tracer_thread *tracer)
{
    if (tracer->resume) {
        /* Not counted here, since the lock is not held. ESRCH: it was killed in the meantime. The
           wait reports that. */
        if (arch_set_pc(tracer->resume, &tracer->resume_regs, tracer->resume_at) == 0)
            ptrace(PTRACE_CONT, tracer->resume, NULL, tracer->resume_signal);
    }
    tracer->resume = 0;
}

void tracer_thread_resume_now(struct tracer_thread *tracer)
{
    resume(tracer);
}

void tracer_thread_unlock(struct tracer_thread *tracer)
{
    tracer->seen_tid = 0;
    tracer->has_others = tracer->engine->n_tracer_threads > 1;
    engine_lock_release(&tracer->engine->lock);
    resume(tracer);
}

void tracer_thread_call(struct tracer_thread *tracer, void (*run)(void *data), void *data)
{
    struct engine *engine = tracer->engine;
    struct tracer_thread *caller = engine->acting;
    struct thread_call call = {.run = run, .data = data};
    if (tracer == caller) {
        run(data);
        return;
    }
    atomic_init(&call.done, false);
    atomic_store(&tracer->posted_call, &call);
    engine_lock_wake(&engine->lock);
    for (unsigned n = 0; !atomic_load(&call.done); n++) {
        /* A signal that arrives just before waitid(2) has no effect: see wakeup.c. */
        if (n % SIGNAL_EVERY == 0 && atomic_load(&tracer->waiting) &&
            atomic_load(&tracer->posted_call))
            pthread_kill(tracer->thread, WAKEUP_SIGNAL);
        if (run_posted_call(caller)) /* the call may itself post one to us */
            n = 0;
        else if (!engine_lock_spin(n)) {
            struct timespec pause = {.tv_nsec = PAUSE_NS};
            nanosleep(&pause, NULL);
            n = SIGNAL_EVERY - 1;
        }
    }
}
