/* SPDX-License-Identifier: MIT */
/*
 * The loop: wait for a stop, read it without reaping it, handle it, resume the thread. A stop that
 * is not reaped keeps its signal if the tracer dies. It is reported again if it was not handled: to
 * hold a thread, leave its stop alone.
 */
#include "ptrace/control/loop.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "ptrace/breakpoints/return_sites.h"
#include "ptrace/control/detach.h"
#include "ptrace/control/dispatch.h"
#include "ptrace/control/job_control.h"
#include "ptrace/control/tracee_end.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/tracee.h"
#include "ptrace/core/tracer_thread.h"
#include "ptrace/core/wait.h"
#include "ptrace/engine.h"
#include "ptrace/jumps/jumping.h"
#include "ptrace/jumps/promotion.h"
#include "ptrace/os/wait_status.h"
#include "ptrace/threads/pinning_policy.h"
#include "ptrace/threads/wakeup.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/table.h"

enum {
    FAIR_FROM = 3, /* threads: with fewer, waitid(2) finds the other one while the first one runs */
    FAIR_EVERY_NS = 4000000,
    FAIR_EACH_NS = 20000, /* more for each thread: a poll takes some hundred ns */
};

static void tidy_returns(struct engine *engine)
{
    struct process *process;
    for (size_t at = 0; (process = table_next(&engine->processes, &at));)
        return_sites_tidy(process->space);
    engine->returns_untidy = false;
}

/*
 * waitid(2) returns the first stopped thread in the order of a kernel list, so a few busy threads
 * at its head could starve the others. From time to time each thread is polled by its ID.
 */
static void poll_all_tracees(struct tracer_thread *tracer)
{
    struct engine *engine = tracer->engine;
    struct tracee *tracee;
    struct stop stop;
    /* A thread that comes or goes meanwhile may be polled twice or not at all: the next round polls
       it. */
    for (size_t at = 0; (tracee = table_next(&engine->tracees, &at));)
        if (tracee->owner == tracer && wait_peek(tracee->tid, &stop) == 1)
            dispatch_stop(engine, &stop);
}

static void poll_fairly(struct tracer_thread *tracer)
{
    struct timespec now;
    if (tracer->n_tracees < FAIR_FROM)
        return;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    uint64_t tick = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    uint64_t every = (uint64_t)tracer->engine->tracees.count * FAIR_EACH_NS;
    if (tick - tracer->all_polled_ns < (every > FAIR_EVERY_NS ? every : FAIR_EVERY_NS))
        return;
    tracer_thread_resume_now(tracer);
    /* A thread that is polled twice must not be left to be resumed later: the same stop would be
       handled again. */
    tracer->seen_tid = 0;
    poll_all_tracees(tracer);
    tracer->all_polled_ns = tick;
}

static void handle_seen_stop(struct tracer_thread *tracer, const siginfo_t *info)
{
    struct engine *engine = tracer->engine;
    struct stop stop = stop_decode(info), now;
    if (engine->n_tracer_threads > 1) {
        const struct tracee *tracee = tracee_find(engine, stop.tid);
        /* Between the wait and this point another tracer thread may have handled the thread's stop:
           the end of all other threads at an execve(2). */
        if ((!tracee || tracee->owner != tracer) && wait_peek(stop.tid, &now) != 1)
            return;
        /* The main thread of a process that became our child when its parent ended: another tracer
           thread traces it, and waitid(2) reports its stops here, too. */
        if (tracee && tracee->owner != tracer && !stop_is_end(&now) && now.kind != STOP_EXEC) {
            tracer_thread_unlock(tracer);
            wait_a_little();
            tracer_thread_lock(tracer);
            return;
        }
        if (!tracee || tracee->owner != tracer)
            stop = now;
    }
    dispatch_stop(engine, &stop);
}

static bool is_jump_due(const struct engine *engine)
{
    return engine->jumping && (engine->jumping->batch_wanted || engine->jumps_untidy) &&
           jumping_is_due(engine, clock_now_ns());
}

/* The work between two waits. false: nothing is left to trace. */
static bool tidy(struct engine *engine)
{
    bool woken = wakeup_take(engine), jumps_due = is_jump_due(engine);
    tracee_end_report(engine);
    if (woken || jumps_due || engine->detach_asked || engine->returns_untidy ||
        engine->space_untidy || engine->program_stopped)
        tracer_thread_resume_now(engine->tracers[0]);
    if (woken && engine->sink.woken)
        engine->sink.woken(engine->sink.data);
    if (engine->detach_asked || atomic_load(&engine->stop_asked))
        return false;
    if (engine->returns_untidy)
        tidy_returns(engine);
    if (engine->space_untidy)
        detach_silent(engine);
    if (jumps_due)
        promotion_run(engine);
    if (engine->program_stopped)
        job_control_stop(engine);
    return engine->processes.count > engine->n_leaving || engine->dying;
}

int engine_run(struct engine *engine, struct error *err)
{
    struct tracer_thread *primary = engine->tracers[0];
    while (tidy(engine)) {
        siginfo_t info;
        poll_fairly(primary);
        if (engine->program_stopped)
            continue;
        unsigned calls = primary->n_calls;
        bool others = engine->tracees.count > primary->n_tracees;
        tracer_thread_unlock(primary);
        int r = wakeup_wait(primary, &info);
        if (r == 0)
            tracer_thread_prefetch(primary, &info);
        else if (r == -ECHILD && others)
            wakeup_sleep(primary);
        tracer_thread_lock(primary);
        if (r == -ECHILD && !others)
            break;
        if (r < 0 && r != -ECHILD && r != -EINTR)
            return error_set(err, r, "cannot wait for the traced program: %s", strerror(-r));
        if (r == -EINTR)
            pinning_policy_look(primary);
        /* A call that ran meanwhile on this thread may have handled the stop that was reported. */
        if (primary->n_calls == calls && r == 0)
            handle_seen_stop(primary, &info);
    }
    tracer_thread_resume_now(primary);
    primary->seen_tid = 0;
    detach_all(engine);
    return 0;
}

/* Whether there is work that only the primary does, between its waits. */
static bool has_work_for_primary(const struct engine *engine)
{
    return engine->detach_asked || engine->returns_untidy || engine->space_untidy ||
           engine->program_stopped || is_jump_due(engine) || atomic_load(&engine->ends_pending) ||
           engine->processes.count == engine->n_leaving;
}

void *loop_thread_main(void *data)
{
    struct tracer_thread *tracer = data;
    struct engine *engine = tracer->engine;
    wakeup_unblock(NULL);
    while (!atomic_load(&tracer->ending)) {
        unsigned calls = tracer->n_calls;
        siginfo_t info;
        int r = wakeup_wait(tracer, &info);
        if (r == 0)
            tracer_thread_prefetch(tracer, &info);
        else if (r == -ECHILD)
            wakeup_sleep(tracer);
        if (atomic_load(&tracer->ending))
            break;
        tracer_thread_lock(tracer);
        /* A call that ran meanwhile on this thread may have handled the stop that was reported. */
        if (tracer->n_calls == calls && r == 0)
            handle_seen_stop(tracer, &info);
        if (r == -EINTR)
            pinning_policy_look(tracer);
        poll_fairly(tracer);
        bool notice = has_work_for_primary(engine);
        tracer_thread_unlock(tracer);
        if (notice)
            wakeup_wake(engine->tracers[0]);
    }
    return NULL;
}
