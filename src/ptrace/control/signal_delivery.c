/* SPDX-License-Identifier: MIT */
#include "ptrace/control/signal_delivery.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>

#include "ptrace/arch/arch.h"
#include "ptrace/arch/displaced.h"
#include "ptrace/breakpoints/code_slots.h"
#include "ptrace/breakpoints/site.h"
#include "ptrace/breakpoints/step.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/requests.h"
#include "ptrace/core/tracee.h"
#include "ptrace/core/wait.h"
#include "ptrace/os/proc_status.h"
#include "ptrace/os/wait_status.h"
#include "util/addr.h"

enum {
    STEPS_MAX = 64, /* the longest slot has far fewer instructions */
};

static bool is_instruction_fault(const siginfo_t *info)
{
    switch (info->si_signo) {
    case SIGSEGV:
    case SIGBUS:
    case SIGFPE:
    case SIGILL:
    case SIGTRAP:
        return info->si_code > 0; /* not SI_USER and similar codes */
    default:
        return false;
    }
}

/*
 * Whether the thread may be at a system call that the kernel is going to restart. arm64's
 * do_signal() has set back the PC before the stop. Where it finds another one afterwards, it does
 * not restart the call, and does not let it fail with EINTR. Nor must the thread be stepped, which
 * would make the call again. So it stays in the slot, and continues from there.
 */
static bool may_restart_call(const struct site *site, const arch_regs *regs)
{
    return arch_restarts_before_stop && site->trap.system_call &&
           target_addr_equal(arch_pc(regs), site->trap.slot);
}

/* Moves the thread to the program's PC that corresponds to its PC in the slot, if there is one. */
static bool move_out(struct engine *engine, struct tracee *tracee, const struct site *site,
                     arch_regs *regs, bool started_only)
{
    int offset = displaced_site_offset(site->trap.steps, site->trap.n_steps,
                                       arch_pc(regs).value - site->trap.slot.value);
    if (offset < 0 || (offset == 0 && started_only))
        return false;
    return engine_set_pc(engine, tracee->tid, regs, target_addr_plus(site->at, offset)) == 0;
}

/* Moves the thread out although the instruction has not run. When it traps at the site again, that
   is not a second call. */
static bool mark_retry(struct engine *engine, struct tracee *tracee, const struct site *site,
                       arch_regs *regs)
{
    if (!move_out(engine, tracee, site, regs, false))
        return false;
    if (target_addr_equal(arch_pc(regs), site->at) && site->planted) {
        tracee->retry_at = site->at;
        tracee->retry_sp = arch_sp(regs);
    }
    return true;
}

/* A fault of the displaced instruction is delivered as one of the instruction at the site. */
static int deliver_fault(struct engine *engine, struct tracee *tracee, struct site *site,
                         siginfo_t *info, arch_regs *regs)
{
    target_addr pc = arch_pc(regs);
    if (!mark_retry(engine, tracee, site, regs))
        return 0;
    if ((uintptr_t)info->si_addr == pc.value) { /* SIGILL, SIGFPE: the address of the instruction */
        info->si_addr = (void *)(uintptr_t)arch_pc(regs).value;
        engine_ptrace(engine, PTRACE_SETSIGINFO, tracee->tid, NULL, (uintptr_t)info);
    }
    return 0;
}

/* Steps the thread once. Returns the stop that ended the step. A group-stop or interrupt in between
   is requested again. SIGSTOP, which cannot be blocked, is delivered. */
static int step_once(struct engine *engine, struct tracee *tracee, arch_regs *regs,
                     struct stop *stop)
{
    bool again = false, stopping = false;
    int r;
    do {
        r = engine_ptrace(engine, PTRACE_SINGLESTEP, tracee->tid, NULL, stopping ? SIGSTOP : 0);
        if (r == 0)
            r = wait_for_stop(engine, tracee->tid, stop);
        if (r == 0 && stop_is_end(stop))
            r = -ESRCH;
        again = again || (r == 0 && stop->kind != STOP_SIGNAL);
        stopping = r == 0 && stop->kind == STOP_SIGNAL && stop->code == SIGSTOP;
    } while (r == 0 && (stop->kind != STOP_SIGNAL || stopping));
    engine->stats.single_steps++;
    if (r == 0 && again)
        r = engine_ptrace(engine, PTRACE_INTERRUPT, tracee->tid, NULL, 0);
    return r < 0 ? r : engine_get_regs(engine, tracee->tid, regs);
}

/*
 * For a signal unrelated to the instruction: steps the thread until it is out of the slot. The
 * signal is delivered afterwards.
 */
static int finish_slot(struct engine *engine, struct tracee *tracee, struct site *site,
                       arch_regs *regs)
{
    const struct code_slots *slots = tracee->process->space->slots;
    for (int i = 0; i < STEPS_MAX && code_slots_owner(slots, arch_pc(regs)) == site; i++) {
        struct stop stop;
        if (move_out(engine, tracee, site, regs, true))
            return 0;
        int r = step_once(engine, tracee, regs, &stop);
        if (r < 0)
            return r;
        if (stop.code != SIGTRAP) {
            /* The instruction itself faults, and will fault again at the site. */
            mark_retry(engine, tracee, site, regs);
            return 0;
        }
    }
    return 0;
}

/* finish_slot() with all signals blocked that are unrelated to the instruction. */
static int finish_slot_alone(struct engine *engine, struct tracee *tracee, struct site *site,
                             arch_regs *regs)
{
    pid_t tid = tracee->tid;
    uint64_t mask, step_mask;
    int r = engine_get_mask(engine, tid, &mask);
    if (r < 0)
        return r;
    step_mask = step_signal_mask(mask);
    r = engine_set_mask(engine, tid, step_mask);
    if (r < 0)
        return r;
    /* The steps' traps may reset an ignored SIGTRAP. It is restored at the next breakpoint. */
    r = finish_slot(engine, tracee, site, regs);
    int unmask = engine_set_mask(engine, tid, mask);
    return r < 0 ? r : unmask;
}

bool signal_only_stops(pid_t tid, int signal)
{
    uint64_t handled;
    if (signal == SIGSTOP)
        return true;
    /* If SigCgt cannot be read, assume a handler: it must not see a slot's address. */
    return (signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU) &&
           proc_status_set(tid, "SigCgt", &handled) == 0 && !((handled >> (signal - 1)) & 1);
}

int signal_delivery_prepare(struct engine *engine, struct tracee *tracee, int signal,
                            arch_regs *regs)
{
    pid_t tid = tracee->tid;
    siginfo_t info;
    struct site *site = code_slots_owner(tracee->process->space->slots, arch_pc(regs));
    if (!site)
        return 0;
    int r = engine_ptrace(engine, PTRACE_GETSIGINFO, tid, NULL, (uintptr_t)&info);
    if (r < 0)
        return r;
    if (is_instruction_fault(&info))
        return deliver_fault(engine, tracee, site, &info, regs);
    if (may_restart_call(site, regs) || move_out(engine, tracee, site, regs, true))
        return 0;
    r = finish_slot_alone(engine, tracee, site, regs);
    if (r < 0)
        return r;
    /* PTRACE_CONT with another signal number would create a new siginfo. This one has the number
       already. */
    info.si_signo = signal;
    return engine_ptrace(engine, PTRACE_SETSIGINFO, tid, NULL, (uintptr_t)&info);
}

int signal_delivery_leave_slot(struct engine *engine, struct tracee *tracee, bool may_step,
                               arch_regs *regs)
{
    struct site *site = code_slots_owner(tracee->process->space->slots, arch_pc(regs));
    if (!site || may_restart_call(site, regs) || move_out(engine, tracee, site, regs, false) ||
        !may_step)
        return 0;
    return finish_slot_alone(engine, tracee, site, regs);
}
