/*
 * The loop: wait for a stop, look at it without reaping it, handle it, resume the thread. A stop
 * that is not reaped keeps its signal when the tracer dies, and is seen again when nothing was done
 * about it, so to hold a thread is to leave it alone.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>

#include "ptrace/breakpoints/return_sites.h"
#include "ptrace/control/breakpoint_hit.h"
#include "ptrace/control/early_reap.h"
#include "ptrace/control/job_control.h"
#include "ptrace/control/namespace_init.h"
#include "ptrace/control/orphans.h"
#include "ptrace/control/signal_delivery.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/thread_walk.h"
#include "ptrace/os/memory.h"
#include "ptrace/os/proc_status.h"
#include "util/log.h"

enum {
    LOOK_AGAIN_NS = 200000,
    YIELDS_FIRST = 200,
    FAIR_FROM = 3, /* threads: with fewer the other one is found while the first one runs */
    FAIR_EVERY_NS = 4000000,
    FAIR_EACH_NS = 20000, /* and for each thread, which to ask about takes some hundred ns */
};

void engine_reap(pid_t tid)
{
    siginfo_t info;
    while (waitid(P_PID, (id_t)tid, &info, WEXITED | WSTOPPED | WNOHANG | __WALL) < 0 &&
           errno == EINTR)
        continue;
}

/* Where the state cannot be told the thread counts as alive: who waits for it asks again, and what
   is done with it fails by itself when it is gone. */
bool engine_is_dead(pid_t tid)
{
    int state = proc_state(tid);
    return state == 'Z' || state == 'X' || state == -ESRCH;
}

bool engine_is_unstoppable(pid_t tid)
{
    int state = proc_state(tid);
    return state == 'D' || state == 'Z' || state == 'X' || state == -ESRCH;
}

int engine_peek(pid_t tid, struct stop *stop)
{
    siginfo_t info = {0};
    if (waitid(P_PID, (id_t)tid, &info, WEXITED | WSTOPPED | WNOWAIT | WNOHANG | __WALL) < 0)
        return errno == ECHILD ? -ESRCH : 0;
    *stop = stop_decode(&info);
    return info.si_pid != 0;
}

static void pause_a_little(void)
{
    struct timespec pause = {.tv_nsec = LOOK_AGAIN_NS};
    nanosleep(&pause, NULL);
}

uint64_t clock_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int engine_wait_for(struct engine *engine, pid_t tid, struct stop *stop)
{
    for (unsigned looks = 0;; looks++) {
        int r = engine_peek(tid, stop);
        if (r != 0)
            return r < 0 ? r : 0;
        if (looks < YIELDS_FIRST) {
            sched_yield(); /* what is waited for here takes microseconds */
            continue;
        }
        /* Its end is the loop's to see. */
        if (engine_is_dead(tid) && engine_peek(tid, stop) == 0)
            return -ESRCH;
        if (engine_is_unstoppable(tid))
            early_reap(engine);
        pause_a_little();
    }
}

static void wait_until_stopped(struct tracee *tracee)
{
    struct stop stop;
    tracee->late = false;
    while (engine_peek(tracee->tid, &stop) == 0 && !tracee->late) {
        tracee->late = tracee->vforking || engine_is_unstoppable(tracee->tid);
        if (!tracee->late)
            pause_a_little();
    }
}

void engine_stop_space(struct engine *engine, struct address_space *space, pid_t except)
{
    struct tracee *tracee;
    for (tracee = thread_walk_first(space); tracee; tracee = thread_walk_behind(tracee))
        if (tracee->tid != except && !tracee->listening)
            engine_ptrace(engine, PTRACE_INTERRUPT, tracee->tid, NULL, 0);
    for (tracee = thread_walk_first(space); tracee; tracee = thread_walk_behind(tracee))
        if (tracee->tid != except && !tracee->listening)
            wait_until_stopped(tracee);
}

static bool is_settled(const struct stop *stop)
{
    return stop->kind == STOP_INTERRUPTED || stop->kind == STOP_GROUP;
}

/* A thread of the space that could be stopped. */
static struct tracee *candidate_helper(struct engine *engine, const struct address_space *space)
{
    struct tracee *tracee;
    for (tracee = thread_walk_first(space); tracee; tracee = thread_walk_behind(tracee))
        if (!tracee->vforking && !engine_is_unstoppable(tracee->tid) &&
            engine_ptrace(engine, PTRACE_INTERRUPT, tracee->tid, NULL, 0) == 0)
            return tracee;
    return NULL;
}

pid_t address_space_helper(struct address_space *space)
{
    struct engine *engine = space->engine;
    struct stop stop;
    if (space->helper)
        return space->helper;
    struct tracee *tracee = candidate_helper(engine, space);
    if (!tracee || engine_wait_for(engine, tracee->tid, &stop) < 0)
        return -ESRCH;
    /* What it is about to report is the loop's to handle, which is not here but above us. */
    return is_settled(&stop) ? tracee->tid : -EAGAIN;
}

pid_t engine_settle_some(struct engine *engine, pid_t pid)
{
    struct process *process;
    struct tracee *tracee;
    struct stop stop;
    while ((process = process_find(engine, pid)) &&
           (tracee = candidate_helper(engine, process->space))) {
        pid_t tid = tracee->tid;
        if (engine_wait_for(engine, tid, &stop) < 0)
            continue; /* it has ended, or has its process's ID since it executes a program */
        if (is_settled(&stop))
            return tid;
        engine_dispatch(engine, &stop); /* the interrupt stays pending meanwhile */
    }
    return -ESRCH;
}

/* Whether a breakpoint instruction stands there: one that is not planted is the program's own. */
static bool has_trap(const struct address_space *space, target_addr at)
{
    uint8_t there[ARCH_TRAP_MAX];
    return memory_read(address_space_memory(space), at, there, arch_trap_length) == 0 &&
           memcmp(there, arch_trap, arch_trap_length) == 0;
}

static void on_signal(struct engine *engine, struct tracee *tracee, const struct stop *stop)
{
    arch_regs regs;
    if (stop_prefetch_take_regs(&engine->acting->prefetch, tracee->tid, &regs)) {
        engine->stats.requests[REQUEST_GET_REGS]++;
    } else if (engine_get_regs(engine, tracee->tid, &regs) < 0) {
        return; /* killed in the meantime: the loop will see its end */
    }
    if (stop->code == SIGTRAP) {
        target_addr at = target_addr_plus(arch_pc(&regs), -(int64_t)arch_trap_pc_offset);
        struct site *site = address_space_site(tracee->process->space, at);
        bool certain = site && !site->ambiguous && tracee->trap_block == TRAP_NOT_BLOCKED;
        if (site && site->planted && (certain || sigtrap_is_breakpoint(tracee))) {
            breakpoint_hit(engine, tracee, site, &regs);
            return;
        }
        /* The breakpoint was lifted after the thread had run into it. */
        if (site && !site->planted && !has_trap(tracee->process->space, at) &&
            sigtrap_is_breakpoint(tracee)) {
            unsigned remote_syscalls = tracee->process->space->remote_syscalls;
            sigtrap_mend(tracee, &regs);
            if (engine_set_pc(engine, tracee->tid, &regs, at) == 0 &&
                tracee->process->space->remote_syscalls == remote_syscalls)
                tracee_resume(tracee, sigtrap_resume_with(tracee));
            return;
        }
    }
    if (namespace_init_is_spared(tracee, stop->code)) {
        namespace_init_let_die(engine, tracee, stop->code);
        return;
    }
    /* Once a thread has taken a step a SIGCONT that has come meanwhile could not undo the stop any
       more (kernel/signal.c: JOBCTL_STOP_DEQUEUED). */
    if (!signal_only_stops(tracee->tid, stop->code) &&
        signal_delivery_prepare(engine, tracee, stop->code, &regs) < 0)
        log_debug("thread %d gets signal %d inside a slot", tracee->tid, stop->code);
    tracee_resume(tracee, stop->code);
}

static void on_end(struct engine *engine, struct tracee *tracee, const struct stop *stop)
{
    struct process *process = tracee->process;
    engine_reap(stop->tid);
    if (process->n_threads == 1 && orphans_possible(process, stop->kind == STOP_KILLED))
        orphans_take(engine, tracee);
    if (stop->tid == process->pid || process->leader_lost)
        process->exit_status = tracee->reaped ? tracee->end.status : stop->status;
    tracee_free(engine, tracee);
}

void engine_take_exec(struct engine *engine, const struct stop *stop)
{
    struct tracee *tracee = tracee_find(engine, stop->tid);
    engine_reap(stop->tid);
    /* What executes a program is its process's leader afterwards, whatever thread it was. */
    struct tracer_thread *owner = tracee ? engine_tracer_of(engine, stop->tid) : NULL;
    if (owner)
        tracee_set_owner(tracee, owner);
}

/* A stop, and the engine it is for. */
struct dispatch {
    struct engine *engine;
    const struct stop *stop;
};

static void dispatch(void *data)
{
    struct engine *engine = ((struct dispatch *)data)->engine;
    const struct stop *stop = ((struct dispatch *)data)->stop;
    struct tracee *tracee = tracee_find(engine, stop->tid);
    switch (stop->kind) {
    case STOP_EXITED:
    case STOP_KILLED:
        on_end(engine, tracee, stop);
        break;
    case STOP_SIGNAL:
        on_signal(engine, tracee, stop);
        break;
    case STOP_GROUP:
        tracee->listening = true;
        engine_ptrace(engine, PTRACE_LISTEN, stop->tid, NULL, 0);
        job_control_notice(engine, tracee, stop->code);
        break;
    case STOP_FORK:
    case STOP_VFORK:
    case STOP_CLONE:
        engine_birth(engine, tracee, stop);
        tracee_resume(tracee, 0);
        break;
    case STOP_EXEC:
        engine_exec(engine, stop);
        break;
    case STOP_VFORK_DONE:
        tracee->vforking = false;
        tracee_resume(tracee, 0);
        break;
    case STOP_CONTINUED:
        engine_reap(stop->tid);
        break;
    case STOP_INTERRUPTED:
    case STOP_SYSCALL:
    case STOP_EXITING:
    case STOP_OTHER:
        tracee_resume(tracee, 0);
        break;
    }
}

void engine_dispatch(struct engine *engine, const struct stop *stop)
{
    struct tracee *tracee = tracee_find(engine, stop->tid);
    struct dispatch what = {.engine = engine, .stop = stop};
    engine->stats.stops++;
    if (!tracee) {
        engine_stranger(engine, stop);
        return;
    }
    if (tracee->process->leaving && engine_let_leave(engine, tracee, stop))
        return;
    if (stop->kind == STOP_EXEC)
        engine_take_exec(engine, stop);
    tracer_thread_call(tracee->owner, dispatch, &what);
}

static void tidy_returns(struct engine *engine)
{
    struct process *process;
    for (size_t at = 0; (process = table_next(&engine->processes, &at));)
        return_sites_tidy(process->space);
    engine->returns_untidy = false;
}

/*
 * waitid(2) gives the first stopped thread in the order of a kernel list, so a few busy threads at
 * its head could keep all others waiting. From time to time each thread is asked for by itself.
 */
static void serve_everyone(struct tracer_thread *server)
{
    struct engine *engine = server->engine;
    struct tracee *tracee;
    struct stop stop;
    /* Threads that come or go while it lasts may be met twice or not at all: there is a next time.
     */
    for (size_t at = 0; (tracee = table_next(&engine->tracees, &at));)
        if (tracee->owner == server && engine_peek(tracee->tid, &stop) == 1)
            engine_dispatch(engine, &stop);
}

void engine_serve_fairly(struct tracer_thread *server)
{
    struct timespec now;
    if (server->n_tracees < FAIR_FROM)
        return;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    uint64_t tick = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    uint64_t every = (uint64_t)server->engine->tracees.count * FAIR_EACH_NS;
    if (tick - server->everyone_served_ns < (every > FAIR_EVERY_NS ? every : FAIR_EVERY_NS))
        return;
    tracer_thread_resume_now(server);
    serve_everyone(server);
    server->everyone_served_ns = tick;
}

void engine_serve_stop(struct tracer_thread *server, const siginfo_t *info)
{
    struct engine *engine = server->engine;
    struct stop stop = stop_decode(info), now;
    if (engine->n_tracer_threads > 1) {
        const struct tracee *tracee = tracee_find(engine, stop.tid);
        /* Between the wait and this turn others may have been about the same thread: the end of all
           others at an execve(2). */
        if ((!tracee || tracee->owner != server) && engine_peek(stop.tid, &now) != 1)
            return;
        /* The main thread of a process that has become our child when its parent ended: it is
           another's, and shown to us as well. */
        if (tracee && tracee->owner != server && !stop_is_end(&now) && now.kind != STOP_EXEC) {
            tracer_thread_unlock(server);
            pause_a_little();
            tracer_thread_lock(server);
            return;
        }
        if (!tracee || tracee->owner != server)
            stop = now;
    }
    engine_dispatch(engine, &stop);
}

/* What is to be done between two waits. false: nothing is left to be traced. */
static bool tidy(struct engine *engine)
{
    bool rung = wakeup_answer(engine);
    early_reap_serve(engine);
    if (rung || engine->detach_asked || engine->returns_untidy || engine->space_untidy ||
        engine->program_stopped)
        tracer_thread_resume_now(engine->servers[0]);
    if (rung && engine->sink.rung)
        engine->sink.rung(engine->sink.data);
    if (engine->detach_asked || atomic_load(&engine->stop_asked))
        return false;
    if (engine->returns_untidy)
        tidy_returns(engine);
    if (engine->space_untidy)
        engine_let_silent_go(engine);
    if (engine->program_stopped)
        job_control_serve(engine);
    return engine->processes.count > engine->n_leaving || engine->awaited;
}

int engine_run(struct engine *engine, struct error *err)
{
    struct tracer_thread *primary = engine->servers[0];
    while (tidy(engine)) {
        siginfo_t info;
        engine_serve_fairly(primary);
        if (engine->program_stopped)
            continue;
        unsigned calls = primary->n_calls;
        bool others = engine->tracees.count > primary->n_tracees;
        tracer_thread_unlock(primary);
        int r = wakeup_wait(primary, &info);
        if (r == 0)
            tracer_thread_prefetch(primary, &info);
        else if (r == -ECHILD && others)
            wakeup_rest(primary);
        tracer_thread_lock(primary);
        if (r == -ECHILD && !others)
            break;
        if (r < 0 && r != -ECHILD && r != -EINTR)
            return error_set(err, r, "cannot wait for the traced program: %s", strerror(-r));
        if (r == -EINTR)
            cpu_pinning_look(primary);
        /* What was done meanwhile in its name may be about the very stop that was seen. */
        if (primary->n_calls == calls && r == 0)
            engine_serve_stop(primary, &info);
    }
    tracer_thread_resume_now(primary);
    primary->serving = 0;
    engine_detach_all(engine);
    return 0;
}
