/* SPDX-License-Identifier: MIT */
#include "ptrace/control/detach.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "ptrace/arch/arch.h"
#include "ptrace/breakpoints/site_table.h"
#include "ptrace/control/fork_exec.h"
#include "ptrace/control/namespace_init.h"
#include "ptrace/control/quiesce.h"
#include "ptrace/control/signal_delivery.h"
#include "ptrace/control/tracee_end.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/requests.h"
#include "ptrace/core/thread_walk.h"
#include "ptrace/core/tracee.h"
#include "ptrace/core/wait.h"
#include "ptrace/jumps/drain.h"
#include "ptrace/os/proc_status.h"
#include "ptrace/os/wait_status.h"
#include "ptrace/threads/cpu_pinning.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/table.h"

enum {
    POLL_NS = 10000000,
    POLL_EACH_NS = 50000, /* each takes some microseconds */
    LAST_HANDLED_MAX = 1000,
};

static void release_thread(struct engine *engine, struct tracee *tracee, int signal)
{
    engine_ptrace(engine, PTRACE_DETACH, tracee->tid, NULL, (uintptr_t)signal);
    tracee->process->exit_status = -1;
    tracee_free(engine, tracee);
}

/*
 * Whether the thread is a dead leader whose other threads run on and are detached. The kernel
 * accepts no request for it. It is detached when the tracer ends, or when the tracer reaps it at
 * the end of the process.
 */
static bool is_left_dead(const struct tracee *tracee)
{
    return tracee->tid == tracee->process->pid && tracee->process->n_threads <= 1 &&
           wait_is_dead(tracee->tid) && proc_status_number(tracee->tid, "Threads") > 1;
}

/*
 * Detaches from the thread if it is in a stop that allows it. false: not yet. A thread that waits
 * for a vforked child, is in an uninterruptible sleep, or is the dead leader of threads that are
 * not reaped yet, stops (or goes) only after others have run.
 */
static bool detach_thread(struct engine *engine, struct tracee *tracee)
{
    pid_t tid = tracee->tid;
    struct stop stop;
    arch_regs regs;
    int signal = 0;
    if (!wait_is_stopped(tid, &stop)) {
        if (!is_left_dead(tracee))
            return false;
        tracee_free(engine, tracee);
        return true;
    }
    if (stop_is_end(&stop)) {
        engine->handle_stop(engine, &stop);
        return true;
    }
    /* An event that was in progress when all threads were stopped: the end of a vfork, a new child,
       or an exec that had to wait for the other threads to end. */
    if (stop.kind == STOP_EXEC) {
        fork_exec_take(engine, &stop); /* the new program has no breakpoints */
        release_thread(engine, tracee, 0);
        return true;
    }
    if (!quiesce_is_settled(&stop)) {
        engine_ptrace(engine, PTRACE_INTERRUPT, tid, NULL, 0);
        engine->handle_stop(engine, &stop);
        return false;
    }
    int r = quiesce_leave_code(engine, tracee, &stop, &signal);
    if (r < 0)
        return false;
    if (signal && namespace_init_survives(tracee, signal) &&
        engine_get_regs(engine, tid, &regs) == 0)
        namespace_init_run_again(engine, tracee, signal, &regs);
    if (tracee->process->pid == engine->launched &&
        (stop.kind == STOP_GROUP || (signal && signal_only_stops(tid, signal))))
        engine->program_left_stopped = true;
    release_thread(engine, tracee, signal);
    return true;
}

/* Detaches from the threads whose stop allows it. */
static void detach_stopped(const struct quiesce_group *group)
{
    struct tracee *tracee;
    struct thread_walk walk;
    quiesce_walk(&walk, group);
    while ((tracee = thread_walk_next(&walk)))
        if (!tracee->unstoppable)
            detach_thread(group->engine, tracee);
    thread_walk_end(&walk);
}

/* Whether some remaining thread will soon be in a stop that allows a detach. The others are marked
   `unstoppable`. */
static bool is_any_stopping(const struct quiesce_group *group)
{
    struct tracee *tracee;
    struct thread_walk walk;
    bool any = false;
    quiesce_walk(&walk, group);
    while ((tracee = thread_walk_next(&walk))) {
        tracee->unstoppable =
            tracee->unstoppable || tracee->vforking || wait_is_unstoppable(tracee->tid);
        any = any || !tracee->unstoppable;
    }
    thread_walk_end(&walk);
    return any;
}

static void mark_leaving(struct process *process)
{
    process->engine->n_leaving += !process->leaving;
    process->leaving = true;
}

static void mark_group_leaving(const struct quiesce_group *group)
{
    struct process *process = process_find(group->engine, group->pid);
    if (!group->space && process)
        mark_leaving(process);
    process = group->space ? group->space->processes : NULL;
    for (; process; process = process->next_in_space)
        mark_leaving(process);
}

/* Removes the breakpoints in any possible way. false: impossible. They stay, the processes pass
   them, are not reported and not detached: the loop handles their stops. */
static bool lift_all(const struct quiesce_group *group)
{
    struct tracee *tracee;
    struct stop stop;
    struct thread_walk walk;
    pid_t by = 0;
    quiesce_walk(&walk, group);
    while (by == 0 && (tracee = thread_walk_next(&walk)))
        if (wait_is_stopped(tracee->tid, &stop) && !stop_is_end(&stop))
            by = tracee->tid;
    thread_walk_end(&walk);
    int r = site_table_lift_all(group->space, by);
    if (r == 0)
        return true;
    log_warning("cannot remove the breakpoints from process %d (%s): it stays traced until it ends "
                "or executes another program",
                group->pid, strerror(-r));
    group->space->unclean = true;
    for (struct process *process = group->space->processes; process;
         process = process->next_in_space)
        process_set_silent(process, true);
    return false;
}

static void detach_space(struct engine *engine, struct process *process)
{
    const struct quiesce_group group = {engine, process->space, process->pid};
    uint64_t start_ns = clock_now_ns();
    if (group.space)
        group.space->users++; /* used until the end of this function */
    cpu_pinning_end(engine, process);
    if (process->n_threads == 0)
        process_free(process);
    quiesce(&group);
    /* While it is known what is armed. */
    if (group.space && group.space->jumps)
        drain_space_whole(group.space);
    bool clean = !group.space || lift_all(&group);
    if (clean)
        mark_group_leaving(&group);
    while (clean) {
        detach_stopped(&group);
        if (!is_any_stopping(&group))
            break;
        wait_a_little();
    }
    address_space_put(group.space);
    engine->stats.detach_ns += clock_now_ns() - start_ns;
}

static bool may_leave(const struct process *process)
{
    return !process->leaving && !(process->space && process->space->unclean);
}

void detach_process(struct engine *engine, struct process *process)
{
    pid_t pid = process->pid;
    /* It may execute another program, and so get another address space, before it is stopped. */
    do
        detach_space(engine, process);
    while ((process = process_find(engine, pid)) && may_leave(process));
}

void detach_unplanted(struct engine *engine, struct process *process)
{
    const struct quiesce_group group = {engine, process->space, process->pid};
    mark_group_leaving(&group);
    if (process->n_threads == 0)
        process_free(process);
}

void detach_silent(struct engine *engine)
{
    struct process *process;
    bool again = true;
    engine->space_untidy = false;
    while (again) {
        again = false;
        for (size_t at = 0; (process = table_next(&engine->processes, &at));) {
            if (!process->silent || !may_leave(process) || process->space->n_reported > 0)
                continue;
            detach_process(engine, process);
            again = true;
        }
    }
}

bool detach_leaving(struct engine *engine, struct tracee *tracee, const struct stop *stop)
{
    /* A new program has no breakpoints, and must not get any. */
    if (stop->kind != STOP_EXEC && (!quiesce_is_settled(stop) || stop_is_end(stop)))
        return false;
    detach_thread(engine, tracee);
    return true;
}

static void poll_all(struct engine *engine)
{
    struct tracee *tracee;
    for (size_t at = 0; (tracee = table_next(&engine->tracees, &at));)
        if (tracee->process->leaving)
            detach_thread(engine, tracee);
}

/* Whether some process must not be detached before it has executed another program. */
static bool is_any_kept(const struct engine *engine)
{
    const struct process *process;
    for (size_t at = 0; (process = table_next(&engine->processes, &at));)
        if (!process->leaving)
            return true;
    return false;
}

/* Handles the next stop of a tracee of the acting tracer thread. false: there is none now. */
static bool handle_next(struct engine *engine)
{
    siginfo_t info = {0};
    if (waitid(P_ALL, 0, &info, WEXITED | WSTOPPED | WNOWAIT | WNOHANG | __WALL | __WNOTHREAD) <
            0 ||
        info.si_pid == 0)
        return false;
    struct stop stop = stop_decode(&info);
    const struct tracee *tracee = tracee_find(engine, stop.tid);
    /* waitid(2) also reports our children that another tracer thread traces. */
    if (tracee && tracee->owner != engine->acting)
        return false;
    engine->handle_stop(engine, &stop);
    return true;
}

/*
 * Detaches, as they stop, from the threads that could not be detached with the others of their
 * address space. Each may wait for the end of another, as in a chain of vfork(2), so all are not
 * polled each time.
 */
static void detach_rest(struct engine *engine)
{
    uint64_t now_ns = clock_now_ns(), poll_ns = now_ns + POLL_NS;
    for (unsigned n = 0; engine->tracees.count > 0; now_ns = clock_now_ns()) {
        bool timed_out = now_ns >= engine->let_go_until_ns && !is_any_kept(engine);
        if (timed_out && n++ >= LAST_HANDLED_MAX)
            break;
        if (handle_next(engine))
            continue;
        if (timed_out)
            break;
        if (now_ns >= poll_ns) {
            /* Also the tracees of other tracer threads, and stops that are never reported. */
            poll_all(engine);
            poll_ns = clock_now_ns() + POLL_NS + engine->tracees.count * POLL_EACH_NS;
        } else {
            wait_a_little();
        }
    }
}

void detach_all(struct engine *engine)
{
    struct process *process;
    if (!engine->let_go_until_ns)
        engine->let_go_until_ns =
            engine->options.let_go_ms
                ? clock_now_ns() + engine->options.let_go_ms * UINT64_C(1000000)
                : UINT64_MAX;
    bool again = true;
    while (again) {
        again = false;
        for (size_t at = 0; (process = table_next(&engine->processes, &at));) {
            if (!may_leave(process))
                continue;
            detach_process(engine, process);
            again = true;
        }
    }
    uint64_t start_ns = clock_now_ns();
    detach_rest(engine);
    engine->stats.detach_ns += clock_now_ns() - start_ns;
}
