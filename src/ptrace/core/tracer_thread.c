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
    LINGER_SPINS = 6000, /* who was asked once is often asked again at once */
    KNOCK_EVERY = 512,   /* looks */
    NAP_NS = 50000,
};

/* Does what was asked, if anything was. */
static bool answer(struct tracer_thread *tracer)
{
    struct engine *engine = tracer->engine;
    struct thread_call *call = atomic_load(&tracer->asked);
    if (!call)
        return false;
    struct tracer_thread *caller = engine->acting;
    atomic_store(&tracer->asked, NULL);
    tracer->n_calls++;
    tracer->serving = 0;
    stop_prefetch_drop(&tracer->prefetch);
    engine->acting = tracer;
    call->run(call->data);
    engine->acting = caller;
    atomic_store(&call->done, true); /* the call is the caller's again */
    return true;
}

static void linger(struct tracer_thread *tracer)
{
    for (unsigned n = 0; n < LINGER_SPINS; n++)
        if (answer(tracer))
            n = 0;
}

static bool is_lock_free(void *data)
{
    struct tracer_thread *tracer = data;
    return atomic_load(&tracer->asked) || !atomic_load(&tracer->engine->turn.taken);
}

void tracer_thread_lock(struct tracer_thread *tracer)
{
    struct engine_lock *turn = &tracer->engine->turn;
    atomic_store(&tracer->woken, false);
    for (unsigned n = 0; !engine_lock_try(turn); n++) {
        if (answer(tracer)) {
            linger(tracer);
            n = 0;
        } else if (!engine_lock_spin(n)) {
            engine_lock_sleep(turn, is_lock_free, tracer);
            n = 0;
        }
    }
    tracer->engine->acting = tracer;
}

void tracer_thread_prefetch(struct tracer_thread *tracer, const siginfo_t *info)
{
    struct stop stop = stop_decode(info);
    tracer->serving = stop.tid;
    stop_prefetch_read(&tracer->prefetch, &stop, tracer->has_company);
}

bool tracer_thread_resume_later(struct tracer_thread *tracer, pid_t tid, const arch_regs *regs,
                                target_addr pc, int signal)
{
    if (tracer->serving != tid || tracer->resume)
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
        /* Not counted here, and in no turn. ESRCH: it was killed in the meantime; the wait will
           tell. */
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
    tracer->serving = 0;
    tracer->has_company = tracer->engine->n_tracer_threads > 1;
    engine_lock_release(&tracer->engine->turn);
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
    atomic_store(&tracer->asked, &call);
    engine_lock_wake(&engine->turn);
    for (unsigned n = 0; !atomic_load(&call.done); n++) {
        /* A signal that comes just before waitid(2) is lost: see wakeup.c. */
        if (n % KNOCK_EVERY == 0 && atomic_load(&tracer->waiting) && atomic_load(&tracer->asked))
            pthread_kill(tracer->thread, WAKEUP_SIGNAL);
        if (answer(caller)) /* what is done there may need something of ours */
            n = 0;
        else if (!engine_lock_spin(n)) {
            struct timespec pause = {.tv_nsec = NAP_NS};
            nanosleep(&pause, NULL);
            n = KNOCK_EVERY - 1;
        }
    }
}
