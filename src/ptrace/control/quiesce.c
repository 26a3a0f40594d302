/* SPDX-License-Identifier: MIT */
#include "ptrace/control/quiesce.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>

#include "ptrace/arch/arch.h"
#include "ptrace/breakpoints/sigtrap.h"
#include "ptrace/breakpoints/site.h"
#include "ptrace/control/signal_delivery.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/requests.h"
#include "ptrace/core/thread_walk.h"
#include "ptrace/core/tracee.h"
#include "ptrace/core/wait.h"
#include "ptrace/jumps/in_stub.h"
#include "ptrace/os/proc_status.h"
#include "util/addr.h"

bool quiesce_is_settled(const struct stop *stop)
{
    return stop->kind == STOP_SIGNAL || stop->kind == STOP_INTERRUPTED ||
           stop->kind == STOP_GROUP || stop_is_end(stop);
}

void quiesce_walk(struct thread_walk *walk, const struct quiesce_group *group)
{
    if (group->space)
        thread_walk_space(walk, group->space);
    else
        thread_walk_process(walk, group->engine, group->pid);
}

static void interrupt(const struct quiesce_group *group)
{
    struct tracee *tracee;
    struct thread_walk walk;
    struct stop stop;
    quiesce_walk(&walk, group);
    while ((tracee = thread_walk_next(&walk))) {
        if (group->space && !tracee->listening)
            continue;
        if (!wait_is_stopped(tracee->tid, &stop)) {
            engine_ptrace(group->engine, PTRACE_INTERRUPT, tracee->tid, NULL, 0);
            tracee->listening = false;
        }
    }
    thread_walk_end(&walk);
    if (group->space)
        wait_stop_all(group->engine, group->space, 0);
}

void quiesce(const struct quiesce_group *group)
{
    bool again = true;
    while (again) {
        struct tracee *tracee;
        struct thread_walk walk;
        struct stop stop;
        again = false;
        interrupt(group);
        quiesce_walk(&walk, group);
        while ((tracee = thread_walk_next(&walk))) {
            if (!wait_is_stopped(tracee->tid, &stop) || quiesce_is_settled(&stop))
                continue;
            group->engine->handle_stop(group->engine, &stop);
            again = true;
        }
        thread_walk_end(&walk);
    }
}

/* Whether one of the signals of the mask is pending for this thread and unblocked (proc(5): SigPnd,
   SigBlk). A breakpoint's SIGTRAP is: the kernel unblocks it. Negative: not known. */
static int has_pending(pid_t tid, uint64_t signals)
{
    uint64_t pending, blocked = 0;
    int r = proc_status_set(tid, "SigPnd", &pending);
    if (r == 0)
        r = proc_status_set(tid, "SigBlk", &blocked);
    return r < 0 ? r : (pending & ~blocked & signals) != 0;
}

/* Moves the thread out of a slot, if it is in one. A thread that is in a group-stop, or about to
   enter one, is not stepped for that: see on_signal(). -ESRCH: it is gone. */
static int leave_slot(struct engine *engine, struct tracee *tracee, const struct stop *stop,
                      arch_regs *regs)
{
    if (!tracee->process->space)
        return 0;
    if (stop->kind == STOP_SIGNAL && !signal_only_stops(tracee->tid, stop->code))
        return signal_delivery_prepare(engine, tracee, stop->code, regs);
    return signal_delivery_leave_slot(engine, tracee, stop->kind == STOP_INTERRUPTED, regs);
}

int quiesce_leave_code(struct engine *engine, struct tracee *tracee, const struct stop *stop,
                       int *signal)
{
    pid_t tid = tracee->tid;
    arch_regs regs;
    target_addr again;
    *signal = stop->kind == STOP_SIGNAL ? stop->code : 0;
    if (engine_get_regs(engine, tid, &regs) < 0)
        return -ESRCH;
    struct site *site = in_stub_or_site(tracee->process->space, &regs, &again);
    const struct jump *jump = in_stub(tracee->process->space, arch_pc(&regs));
    uint64_t awaited = (site ? UINT64_C(1) << (SIGTRAP - 1) : 0) |
                       (jump ? in_stub_faults(jump, arch_pc(&regs)) : 0);
    /* It was interrupted between the breakpoint, or a fault in a stub, and its signal: the PC must
       not change before that is reported. */
    int pending = stop->kind != STOP_SIGNAL && awaited ? has_pending(tid, awaited) : 0;
    if (pending) {
        /* If it is a trap, it stops the thread again. */
        if (pending < 0)
            engine_ptrace(engine, PTRACE_INTERRUPT, tid, NULL, 0);
        engine_ptrace(engine, PTRACE_CONT, tid, NULL, 0);
        return -EAGAIN;
    }
    if (*signal == SIGTRAP && site && site->mapped && sigtrap_is_breakpoint(tracee)) {
        sigtrap_restore(tracee, &regs);
        if (engine_set_pc(engine, tid, &regs, again) == 0)
            *signal = tracee_take_deferred_trap(tracee);
        return 0;
    }
    if (jump && *signal && in_stub_leave_fault(tracee, jump, *signal, &regs)) {
        *signal = tracee_take_deferred_trap(tracee);
        return 0;
    }
    return leave_slot(engine, tracee, stop, &regs) == -ESRCH ? -ESRCH : 0;
}
