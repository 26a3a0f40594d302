/*
 * Letting go. Every thread must be stopped to be let go, none may be between a breakpoint and its
 * trap, and none may see a breakpoint that nobody serves. So: stop all, take the breakpoints out,
 * put back who has run into one, then let go of each with the signal it was to get.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>

#include "ptrace/core.h"
#include "ptrace/deliver.h"
#include "ptrace/namespace_init.h"
#include "ptrace/proc_status.h"
#include "util/log.h"

enum { LOOK_AGAIN_NS = 200000 };

static bool is_of(const struct tracee *tracee, const struct process *process)
{
    return tracee->process == process ||
           (process->space && tracee->process->space == process->space);
}

/* The stop that the thread is in, if it is in one. */
static bool stopped(pid_t tid, struct stop *stop)
{
    siginfo_t info = {0};
    if (waitid(P_PID, (id_t)tid, &info, WEXITED | WSTOPPED | WNOWAIT | WNOHANG | __WALL) < 0) {
        *stop = (struct stop){.tid = tid, .kind = STOP_KILLED};
        return errno != EINTR;
    }
    *stop = stop_decode(&info);
    return info.si_pid != 0;
}

static bool is_quiet(const struct stop *stop)
{
    return stop->kind == STOP_SIGNAL || stop->kind == STOP_INTERRUPTED ||
           stop->kind == STOP_GROUP || stop_is_end(stop);
}

/*
 * Stops every thread at a place from where it can be let go. Events of births are served on the
 * way, while the breakpoints that a child has to be rid of are still known; the interrupt stays
 * pending meanwhile and stops the thread again.
 */
static void quiesce(struct engine *engine, pid_t pid)
{
    struct process *process;
    bool again = true;
    while (again && (process = process_find(engine, pid))) {
        struct tracee *tracee;
        struct stop stop;
        again = false;
        for (size_t at = 0; (tracee = table_next(&engine->tracees, &at));) {
            if (is_of(tracee, process) && !stopped(tracee->tid, &stop)) {
                engine_ptrace(engine, PTRACE_INTERRUPT, tracee->tid, NULL, 0);
                tracee->listening = false;
            }
        }
        if (process->space)
            engine_stop_space(engine, process->space, 0);
        for (size_t at = 0; (tracee = table_next(&engine->tracees, &at));) {
            if (!is_of(tracee, process) || !stopped(tracee->tid, &stop) || is_quiet(&stop))
                continue;
            engine_dispatch(engine, &stop);
            again = true;
            break; /* threads and processes may have come or gone, this one too */
        }
    }
}

/* Whether a SIGTRAP that is not blocked waits for this very thread (proc(5): SigPnd, SigBlk). The
   kernel unblocks that of a breakpoint. */
static bool has_pending_trap(pid_t tid)
{
    uint64_t pending = proc_status_set(tid, "SigPnd"), blocked = proc_status_set(tid, "SigBlk");
    return ((pending & ~blocked) >> (SIGTRAP - 1)) & 1;
}

/* The site whose breakpoint the thread has just run into, going by its PC. */
static struct site *site_behind(const struct tracee *tracee, const arch_regs *regs)
{
    const struct space *space = tracee->process->space;
    target_addr at = target_addr_plus(arch_pc(regs), -(int64_t)arch_trap_pc_offset);
    return space ? space_site(space, at) : NULL;
}

static void release(struct engine *engine, struct tracee *tracee, int signal)
{
    engine_ptrace(engine, PTRACE_DETACH, tracee->tid, NULL, (uintptr_t)signal);
    tracee->process->exit_status = -1;
    tracee_free(engine, tracee);
}

/*
 * A dead leader whose other threads live on, let go already. The kernel takes no request for it; it
 * lets go of it when the tracer ends, or when the tracer reaps it at the process's end.
 */
static bool is_left_dead(const struct tracee *tracee)
{
    return tracee->tid == tracee->process->pid && tracee->process->n_threads <= 1 &&
           engine_is_dead(tracee->tid) && proc_status_number(tracee->tid, "Threads") > 1;
}

/*
 * Lets go of the thread if it is stopped where it can be. false: not yet. One that waits for a
 * vforked child, sleeps where no signal reaches it, or is the dead leader of threads whose ends are
 * still to be reaped, is stopped (or gone) only when others have moved.
 */
static bool let_go(struct engine *engine, struct tracee *tracee)
{
    pid_t tid = tracee->tid;
    struct stop stop;
    arch_regs regs;
    int signal = 0;
    if (!stopped(tid, &stop)) {
        if (!is_left_dead(tracee))
            return false;
        tracee_free(engine, tracee);
        return true;
    }
    if (stop_is_end(&stop)) {
        engine_dispatch(engine, &stop);
        return true;
    }
    /* What was under way in the kernel when all were stopped comes to light now: the end of a
       vfork, a birth, or an exec that had to wait for the other threads to go. */
    if (stop.kind == STOP_EXEC) {
        engine_take_exec(engine, &stop); /* the new program has no breakpoints */
        release(engine, tracee, 0);
        return true;
    }
    if (!is_quiet(&stop)) {
        engine_ptrace(engine, PTRACE_INTERRUPT, tid, NULL, 0);
        engine_dispatch(engine, &stop);
        return false;
    }
    if (engine_get_regs(engine, tid, &regs) < 0)
        return false;
    struct site *site = site_behind(tracee, &regs);
    /* Interrupted between the breakpoint and its trap: the PC must stay until the trap is in. */
    if (stop.kind != STOP_SIGNAL && site && has_pending_trap(tid)) {
        engine_ptrace(engine, PTRACE_CONT, tid, NULL, 0);
        return false;
    }
    if (stop.kind == STOP_SIGNAL) {
        signal = stop.code;
        if (site && site->mapped && signal == SIGTRAP && sigtrap_is_breakpoint(tracee)) {
            sigtrap_mend(tracee, &regs);
            signal = engine_set_pc(engine, tid, &regs, site->at) < 0 ? signal
                                                                     : sigtrap_resume_with(tracee);
        } else if (tracee->process->space &&
                   deliver_prepare(engine, tracee, signal, &regs) == -ESRCH)
            return false;
        if (signal && namespace_init_is_spared(tracee, signal))
            namespace_init_run_again(engine, tracee, signal, &regs);
    } else if (tracee->process->space &&
               deliver_leave_slot(engine, tracee, stop.kind != STOP_GROUP, &regs) == -ESRCH) {
        return false;
    }
    release(engine, tracee, signal);
    return true;
}

/* Lets go of those threads of the process that can be, and of those that share its memory. Whether
   that were any; the process is gone when its last thread is. */
static bool let_some_go(struct engine *engine, pid_t pid)
{
    struct process *process = process_find(engine, pid);
    struct tracee *tracee;
    bool any = false;
    for (size_t at = 0; process && (tracee = table_next(&engine->tracees, &at));) {
        if (!is_of(tracee, process) || !let_go(engine, tracee))
            continue;
        any = true;
        at = 0; /* the table has changed */
        process = process_find(engine, pid);
    }
    return any;
}

void engine_detach_process(struct engine *engine, struct process *process)
{
    pid_t pid = process->pid;
    uint64_t start_ns = engine_now_ns();
    placement_end(engine, process);
    quiesce(engine, pid);
    process = process_find(engine, pid);
    if (process && process->space)
        space_lift_all(process->space);
    while ((process = process_find(engine, pid)) && process->n_threads > 0) {
        if (let_some_go(engine, pid))
            continue;
        struct timespec pause = {.tv_nsec = LOOK_AGAIN_NS};
        nanosleep(&pause, NULL);
    }
    if (process)
        process_free(process);
    engine->stats.detach_ns += engine_now_ns() - start_ns;
}
