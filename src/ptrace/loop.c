/*
 * The loop: wait for a stop, look at it without reaping it, handle it, resume the thread. A stop
 * that is not reaped keeps its signal when the tracer dies, and is seen again when nothing was done
 * about it, so to hold a thread is to leave it alone.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>

#include "ptrace/core.h"
#include "ptrace/deliver.h"
#include "ptrace/memory.h"
#include "ptrace/returns.h"
#include "ptrace/serve.h"
#include "util/cleanup.h"
#include "util/log.h"

enum {
    LOOK_AGAIN_NS = 200000,
    YIELDS_FIRST = 200,
    FAIR_FROM = 3, /* threads: with fewer the other one is found while the first one runs */
    FAIR_EVERY_NS = 4000000,
};

void engine_reap(pid_t tid)
{
    siginfo_t info;
    while (waitid(P_PID, (id_t)tid, &info, WEXITED | WSTOPPED | WNOHANG | __WALL) < 0 &&
           errno == EINTR)
        continue;
}

/* The state letter of /proc/PID/stat (proc(5)); 'X' when there is no such thread. */
static char state_of(pid_t tid)
{
    char path[64], text[512];
    snprintf(path, sizeof(path), "/proc/%d/stat", tid);
    cleanup(cleanup_file) FILE *stat = fopen(path, "re");
    size_t n = stat ? fread(text, 1, sizeof(text) - 1, stat) : 0;
    text[n] = '\0';
    const char *end = strrchr(text, ')');
    return end && end[1] == ' ' ? end[2] : 'X';
}

bool engine_is_dead(pid_t tid)
{
    char state = state_of(tid);
    return state == 'Z' || state == 'X';
}

/* Whether the thread is dead, or sleeps in the kernel where no signal reaches it: it stops before
   it comes out. */
static bool is_unstoppable(pid_t tid)
{
    return state_of(tid) == 'D' || engine_is_dead(tid);
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

uint64_t engine_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int engine_wait_for(struct engine *engine, pid_t tid, struct stop *stop)
{
    (void)engine;
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
        pause_a_little();
    }
}

static void wait_until_stopped(struct tracee *tracee)
{
    struct stop stop;
    while (engine_peek(tracee->tid, &stop) == 0 && !tracee->vforking &&
           !is_unstoppable(tracee->tid))
        pause_a_little();
}

void engine_stop_space(struct engine *engine, struct space *space, pid_t except)
{
    struct tracee *tracee;
    for (size_t at = 0; (tracee = table_next(&engine->tracees, &at));)
        if (tracee->process->space == space && tracee->tid != except && !tracee->listening)
            engine_ptrace(engine, PTRACE_INTERRUPT, tracee->tid, NULL, 0);
    for (size_t at = 0; (tracee = table_next(&engine->tracees, &at));)
        if (tracee->process->space == space && tracee->tid != except && !tracee->listening)
            wait_until_stopped(tracee);
}

static bool is_settled(const struct stop *stop)
{
    return stop->kind == STOP_INTERRUPTED || stop->kind == STOP_GROUP;
}

/* A thread of the space that could be stopped. */
static struct tracee *candidate_helper(struct engine *engine, const struct space *space)
{
    struct tracee *tracee;
    for (size_t at = 0; (tracee = table_next(&engine->tracees, &at));)
        if (tracee->process->space == space && !tracee->vforking && !is_unstoppable(tracee->tid) &&
            engine_ptrace(engine, PTRACE_INTERRUPT, tracee->tid, NULL, 0) == 0)
            return tracee;
    return NULL;
}

pid_t space_helper(struct space *space)
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
            break;
        if (is_settled(&stop))
            return tid;
        engine_dispatch(engine, &stop); /* the interrupt stays pending meanwhile */
    }
    return -ESRCH;
}

/* Whether a breakpoint instruction stands there: one that is not planted is the program's own. */
static bool has_trap(const struct space *space, target_addr at)
{
    uint8_t there[ARCH_TRAP_MAX];
    return memory_read(space->memory, at, there, arch_trap_length) == 0 &&
           memcmp(there, arch_trap, arch_trap_length) == 0;
}

static void on_signal(struct engine *engine, struct tracee *tracee, const struct stop *stop)
{
    arch_regs regs;
    if (engine_get_regs(engine, tracee->tid, &regs) < 0)
        return; /* killed in the meantime: the loop will see its end */
    if (stop->code == SIGTRAP) {
        target_addr at = target_addr_plus(arch_pc(&regs), -(int64_t)arch_trap_pc_offset);
        struct site *site = space_site(tracee->process->space, at);
        bool certain = site && !site->ambiguous && tracee->trap_block == TRAP_NOT_BLOCKED;
        if (site && site->planted && (certain || sigtrap_is_breakpoint(tracee))) {
            serve_trap(engine, tracee, site, &regs);
            return;
        }
        /* The breakpoint was lifted after the thread had run into it. */
        if (site && !site->planted && !has_trap(tracee->process->space, at) &&
            sigtrap_is_breakpoint(tracee)) {
            unsigned remote_calls = tracee->process->space->remote_calls;
            sigtrap_mend(tracee, &regs);
            if (engine_set_pc(engine, tracee->tid, &regs, at) == 0 &&
                tracee->process->space->remote_calls == remote_calls)
                tracee_resume(tracee, sigtrap_resume_with(tracee));
            return;
        }
    }
    if (deliver_prepare(engine, tracee, stop->code, &regs) < 0)
        log_debug("thread %d gets signal %d inside a slot", tracee->tid, stop->code);
    tracee_resume(tracee, stop->code);
}

static void on_end(struct engine *engine, struct tracee *tracee, const struct stop *stop)
{
    engine_reap(stop->tid);
    engine->space_untidy = engine->space_untidy || tracee->process->n_threads == 1;
    if (stop->tid == tracee->process->pid)
        tracee->process->exit_status = stop->status;
    tracee_free(engine, tracee);
}

void engine_dispatch(struct engine *engine, const struct stop *stop)
{
    struct tracee *tracee = tracee_find(engine, stop->tid);
    engine->stats.stops++;
    if (!tracee) {
        engine_stranger(engine, stop);
        return;
    }
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

static void tidy_returns(struct engine *engine)
{
    struct process *process;
    for (size_t at = 0; (process = table_next(&engine->processes, &at));)
        returns_tidy(process->space);
    engine->returns_untidy = false;
}

static bool has_speaker(const struct engine *engine, const struct space *space)
{
    const struct process *process;
    for (size_t at = 0; (process = table_next(&engine->processes, &at));)
        if (process->space == space && !process->silent)
            return true;
    return false;
}

/* Nobody is left for whose sake breakpoints stand in the memory of the silent ones. */
static void let_silent_go(struct engine *engine)
{
    struct process *process;
    engine->space_untidy = false;
    for (size_t at = 0; (process = table_next(&engine->processes, &at));) {
        if (!process->silent || has_speaker(engine, process->space))
            continue;
        engine_detach_process(engine, process);
        at = 0;
    }
}

/*
 * waitid(2) gives the first stopped thread in the order of a kernel list, so a few busy threads at
 * its head could keep all others waiting. From time to time each thread is asked for by itself.
 */
static void serve_everyone(struct engine *engine)
{
    struct tracee *tracee;
    /* Threads that come or go while it lasts may be met twice or not at all: there is a next time.
     */
    for (size_t at = 0; (tracee = table_next(&engine->tracees, &at));) {
        siginfo_t info = {0};
        if (waitid(P_PID, (id_t)tracee->tid, &info,
                   WEXITED | WSTOPPED | WNOWAIT | WNOHANG | __WALL) == 0 &&
            info.si_pid != 0) {
            struct stop stop = stop_decode(&info);
            engine_dispatch(engine, &stop);
        }
    }
}

static void serve_fairly(struct engine *engine)
{
    struct timespec now;
    if (engine->tracees.count < FAIR_FROM)
        return;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    uint64_t tick = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    if (tick - engine->everyone_served_ns < FAIR_EVERY_NS)
        return;
    serve_everyone(engine);
    engine->everyone_served_ns = tick;
}

int engine_run(struct engine *engine, struct error *err)
{
    while (engine->processes.count > 0) {
        siginfo_t info;
        if (doorbell_answer(engine) && engine->sink.rung)
            engine->sink.rung(engine->sink.data);
        if (engine->detach_asked)
            break;
        if (engine->returns_untidy)
            tidy_returns(engine);
        if (engine->space_untidy)
            let_silent_go(engine);
        if (engine->processes.count == 0)
            break;
        serve_fairly(engine);
        int r = doorbell_wait(engine, &info);
        if (r == -EINTR) {
            placement_look(engine);
            continue;
        }
        if (r == -ECHILD)
            break;
        if (r < 0)
            return error_set(err, r, "cannot wait for the traced program: %s", strerror(-r));
        struct stop stop = stop_decode(&info);
        engine_dispatch(engine, &stop);
    }
    size_t at = 0;
    struct process *process;
    while ((process = table_next(&engine->processes, &at))) {
        engine_detach_process(engine, process);
        at = 0;
    }
    return 0;
}
