/* SPDX-License-Identifier: MIT */
#include "ptrace/control/dispatch.h"

#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <unistd.h>

#include "ptrace/arch/arch.h"
#include "ptrace/breakpoints/measured_stop.h"
#include "ptrace/breakpoints/program_memory.h"
#include "ptrace/breakpoints/sigtrap.h"
#include "ptrace/breakpoints/site.h"
#include "ptrace/breakpoints/site_table.h"
#include "ptrace/control/breakpoint_hit.h"
#include "ptrace/control/core_dump.h"
#include "ptrace/control/detach.h"
#include "ptrace/control/fork_exec.h"
#include "ptrace/control/namespace_init.h"
#include "ptrace/control/orphans.h"
#include "ptrace/control/program_stop.h"
#include "ptrace/control/signal_delivery.h"
#include "ptrace/control/tracee_end.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/requests.h"
#include "ptrace/core/stop_prefetch.h"
#include "ptrace/core/tracee.h"
#include "ptrace/core/tracer_thread.h"
#include "ptrace/core/wait.h"
#include "ptrace/engine.h"
#include "ptrace/jumps/drain.h"
#include "ptrace/jumps/in_stub.h"
#include "ptrace/jumps/jump.h"
#include "ptrace/jumps/jumps.h"
#include "ptrace/jumps/promotion.h"
#include "ptrace/os/proc_status.h"
#include "ptrace/os/wait_status.h"
#include "util/addr.h"
#include "util/log.h"

/* A stop, and the engine it is for. */
struct dispatch {
    struct engine *engine;
    const struct stop *stop;
};

/* The kernel does not end the process, an init, while it is traced: detaches from it and from all
   that share its memory. If it is a child of the tracer, its end is waited for and reported. */
static void detach_dying_init(struct engine *engine, struct tracee *tracee, int signal)
{
    struct process *process = tracee->process;
    log_warning("process %d dies of signal %d (%s) and is detached: it is the init of a PID "
                "namespace, which the kernel does not end while it is traced",
                process->pid, signal, strsignal(signal));
    process->dying =
        process->announced && proc_status_number(process->pid, "PPid") == (long)getpid();
    detach_process(engine, process);
}

/*
 * A thread in a stub that has written no record: at the stub's breakpoint, or after a fault of the
 * stub itself. That is a hit of the site. A site at which memory could not be read loses the jump:
 * a fault costs more than a breakpoint, and may change the program's signals. So is a trap after
 * the jump if the program steps itself (EFLAGS.TF), which loses the jump, too: the traps after its
 * instructions must be those that it would get. false: it is not there.
 */
static bool hit_in_stub(struct engine *engine, struct tracee *tracee, const struct stop *stop,
                        arch_regs *regs)
{
    const struct address_space *space = tracee->process->space;
    target_addr trap = target_addr_plus(arch_pc(regs), -(int64_t)arch_trap_pc_offset);
    const struct jump *jump = stop->code == SIGTRAP ? in_stub_trap(space, trap) : NULL;
    if (jump && sigtrap_is_breakpoint(tracee)) {
        jumps_register(tracee, regs);
        breakpoint_hit(engine, tracee, jump->site, regs);
        return true;
    }
    jump = in_stub(space, arch_pc(regs));
    bool copies = jump && in_stub_copies(jump, arch_pc(regs));
    if (!jump || !in_stub_leave_fault(tracee, jump, stop->code, regs))
        return false;
    if (stop->code == SIGTRAP || copies) {
        promotion_lift(tracee->process->space, jump->site);
        jump->site->jump.reason = copies ? "memory that a value points to could not be read"
                                         : "the program steps through it";
    }
    breakpoint_hit(engine, tracee, jump->site, regs);
    return true;
}

static void on_signal(struct engine *engine, struct tracee *tracee, const struct stop *stop)
{
    arch_regs regs;
    if (stop_prefetch_take_regs(&engine->acting->prefetch, tracee->tid, &regs)) {
        engine->stats.requests[REQUEST_GET_REGS]++;
    } else if (engine_get_regs(engine, tracee->tid, &regs) < 0) {
        return; /* killed in the meantime: the loop handles its end */
    }
    if (stop->code == SIGTRAP) {
        target_addr at = target_addr_plus(arch_pc(&regs), -(int64_t)arch_trap_pc_offset);
        struct site *site = site_table_get(tracee->process->space, at);
        /* A thread whose PC is at the site may as well not have hit it yet. */
        bool certain = site && arch_trap_pc_offset > 0 && !site->trap.ambiguous &&
                       tracee->trap_block == TRAP_NOT_BLOCKED;
        if (site && site->planted && (certain || sigtrap_is_breakpoint(tracee))) {
            breakpoint_hit(engine, tracee, site, &regs);
            return;
        }
        /* The breakpoint was removed after the thread had hit it. A breakpoint instruction that is
           there now is the program's own. */
        if (site && !site->planted &&
            trap_is_at(address_space_memory(tracee->process->space), at) != 1 &&
            sigtrap_is_breakpoint(tracee)) {
            tracee_is_retry(tracee, at, arch_sp(&regs)); /* it is over */
            bool is_in_trap = sigtrap_restore(tracee, &regs);
            if (engine_set_pc(engine, tracee->tid, &regs, at) == 0 && is_in_trap)
                tracee_resume(tracee, tracee_take_deferred_trap(tracee));
            return;
        }
    }
    if (tracee->process->space->jumps && hit_in_stub(engine, tracee, stop, &regs))
        return;
    measured_stop_cancel(tracee, &regs);
    if (namespace_init_survives(tracee, stop->code)) {
        detach_dying_init(engine, tracee, stop->code);
        return;
    }
    bool dumps = core_dump_follows(tracee, stop->code);
    if (dumps)
        core_dump_prepare(engine, tracee);
    /* If the thread took a step, a SIGCONT that came meanwhile could no longer cancel the stop
       (kernel/signal.c: JOBCTL_STOP_DEQUEUED). */
    if (!signal_only_stops(tracee->tid, stop->code) &&
        signal_delivery_prepare(engine, tracee, stop->code, &regs) < 0)
        log_debug("thread %d gets signal %d inside a slot", tracee->tid, stop->code);
    tracee_resume(tracee, stop->code);
    if (dumps)
        core_dump_await(tracee);
}

static void on_end(struct engine *engine, struct tracee *tracee, const struct stop *stop)
{
    struct process *process = tracee->process;
    wait_reap(stop->tid);
    if (process->n_threads == 1 && orphans_possible(process, stop->kind == STOP_KILLED))
        orphans_take(engine, tracee);
    if (stop->tid == process->pid || process->leader_lost)
        process->exit_status = tracee->reaped ? tracee->end.status : stop->status;
    tracee_free(engine, tracee);
}

static void dispatch(void *data)
{
    struct engine *engine = ((struct dispatch *)data)->engine;
    const struct stop *stop = ((struct dispatch *)data)->stop;
    struct tracee *tracee = tracee_find(engine, stop->tid);
    tracee->left_trap = false;
    if (tracee->ring)
        drain_thread(tracee);
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
        program_stop_notice(engine, tracee, stop->code);
        break;
    case STOP_FORK:
    case STOP_VFORK:
    case STOP_CLONE:
        fork_exec_created(engine, tracee, stop);
        tracee_resume(tracee, 0);
        break;
    case STOP_EXEC:
        fork_exec_executed(engine, stop);
        break;
    case STOP_VFORK_DONE:
        tracee->vforking = false;
        jumps_vfork_done(tracee);
        tracee_resume(tracee, 0);
        break;
    case STOP_CONTINUED:
        wait_reap(stop->tid);
        break;
    case STOP_INTERRUPTED:
    case STOP_SYSCALL:
    case STOP_EXITING:
    case STOP_OTHER:
        tracee_resume(tracee, 0);
        break;
    }
}

void dispatch_stop(struct engine *engine, const struct stop *stop)
{
    struct tracee *tracee = tracee_find(engine, stop->tid);
    struct dispatch what = {.engine = engine, .stop = stop};
    engine->stats.stops++;
    if (!tracee) {
        fork_exec_unknown(engine, stop);
        return;
    }
    if (tracee->process->leaving && detach_leaving(engine, tracee, stop))
        return;
    if (stop->kind == STOP_EXEC)
        fork_exec_take(engine, stop);
    tracer_thread_call(tracee->owner, dispatch, &what);
}
