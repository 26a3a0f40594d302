/* SPDX-License-Identifier: MIT */
#include "ptrace/control/signal_delivery.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>

#include "ptrace/arch/arch.h"
#include "ptrace/arch/displaced.h"
#include "ptrace/breakpoints/code_slots.h"
#include "ptrace/breakpoints/site.h"
#include "ptrace/breakpoints/site_code.h"
#include "ptrace/breakpoints/step.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/requests.h"
#include "ptrace/core/tracee.h"
#include "ptrace/core/wait.h"
#include "ptrace/jumps/in_stub.h"
#include "ptrace/jumps/jump.h"
#include "ptrace/jumps/promotion.h"
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

/* The copy of a site's code that a thread is in: in the slot of its breakpoint, or in its stub. */
struct code_copy {
    struct site *site;
    target_addr at;      /* of the copy */
    target_addr program; /* what it is a copy of */
    const struct displaced_step *steps;
    unsigned n_steps;
    unsigned covered; /* bytes of the program that a jump has replaced; 0: none */
};

/* The copy at the thread's PC. false: it is in none. */
static bool find_copy(const struct address_space *space, target_addr pc, struct code_copy *copy)
{
    struct site *site = code_slots_owner(space->slots, pc);
    const struct jump *jump = site ? in_stub(space, pc) : NULL;
    if (!site)
        return false;
    *copy = (struct code_copy){.site = site};
    if (jump) {
        copy->at = target_addr_plus(jump->stub, jump->map.displaced);
        copy->program = site_form_at(site, SITE_FORM_JUMP);
        copy->steps = jump->map.steps;
        copy->n_steps = jump->map.n_steps;
        copy->covered = site->jump.planted ? jump->region : 0;
    } else {
        copy->at = site->trap.slot;
        copy->program = site->at;
        copy->steps = site->trap.steps;
        copy->n_steps = site->trap.n_steps;
    }
    return true;
}

/*
 * Whether the thread may be at a system call that the kernel is going to restart. arm64's
 * do_signal() has set back the PC before the stop. Where it finds another one afterwards, it does
 * not restart the call, and does not let it fail with EINTR. Nor must the thread be stepped, which
 * would make the call again. So it stays in the slot, and continues from there.
 */
static bool may_restart_call(const struct code_copy *copy, const arch_regs *regs)
{
    return arch_restarts_before_stop && copy->site->trap.system_call &&
           target_addr_equal(arch_pc(regs), copy->at);
}

static int offset_in_program(const struct code_copy *copy, target_addr pc)
{
    return displaced_site_offset(copy->steps, copy->n_steps, pc.value - copy->at.value);
}

/* Moves the thread to the program's PC that corresponds to its PC in the copy, if there is one. A
   thread must not get between the bytes of a jump. */
static bool move_out(struct engine *engine, struct tracee *tracee, const struct code_copy *copy,
                     arch_regs *regs, bool started_only)
{
    int offset = offset_in_program(copy, arch_pc(regs));
    if (offset < 0 || (offset == 0 && started_only) ||
        (offset > 0 && (unsigned)offset < copy->covered))
        return false;
    return engine_set_pc(engine, tracee->tid, regs, target_addr_plus(copy->program, offset)) == 0;
}

/* Moves the thread out although the instruction has not run. When it traps at the site again, that
   is not a second call. A signal handler may continue behind the instruction, which can be between
   the bytes of a jump: that is lifted for good. */
static bool mark_retry(struct engine *engine, struct tracee *tracee, struct code_copy *copy,
                       arch_regs *regs)
{
    if (copy->covered) {
        promotion_lift(tracee->process->space, copy->site);
        copy->site->jump.reason = "an instruction there has caused a fault";
        copy->covered = copy->site->jump.planted ? copy->covered : 0;
    }
    if (!move_out(engine, tracee, copy, regs, false))
        return false;
    if (target_addr_equal(arch_pc(regs), copy->program) && copy->site->planted) {
        tracee->retry_at = copy->site->at;
        tracee->retry_sp = arch_sp(regs);
    }
    return true;
}

/* A fault of the displaced instruction is delivered as one of the instruction at the site. */
static int deliver_fault(struct engine *engine, struct tracee *tracee, struct code_copy *copy,
                         siginfo_t *info, arch_regs *regs)
{
    target_addr pc = arch_pc(regs);
    if (!mark_retry(engine, tracee, copy, regs))
        return 0;
    if ((uintptr_t)info->si_addr == pc.value) { /* SIGILL, SIGFPE: the address of the instruction */
        info->si_addr = (void *)(uintptr_t)arch_pc(regs).value;
        engine_ptrace(engine, PTRACE_SETSIGINFO, tracee->tid, NULL, (uintptr_t)info);
    }
    return 0;
}

/* In a stub, the thread is moved to its beginning or to its copy. */
static int leave_stub(struct tracee *tracee, arch_regs *regs)
{
    const struct jump *jump = in_stub(tracee->process->space, arch_pc(regs));
    enum stub_position position;
    return jump ? in_stub_leave(tracee, jump, regs, &position) : 0;
}

/* Steps the thread once. Returns the stop that ended the step. A group-stop or interrupt in between
   is requested again. SIGSTOP, which cannot be blocked, is delivered. */
static int step_once(struct engine *engine, struct tracee *tracee, arch_regs *regs,
                     struct stop *stop)
{
    bool again = false, stopping = false;
    const arch_regs before = *regs;
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
    if (r == 0)
        r = engine_get_regs(engine, tracee->tid, regs);
    if (r == 0 && arch_hide_step(address_space_memory(tracee->process->space), &before, regs))
        r = engine_set_regs(engine, tracee->tid, regs);
    return r;
}

/*
 * For a signal unrelated to the instruction: steps the thread until it is out of the slot. The
 * signal is delivered afterwards.
 */
static int finish_slot(struct engine *engine, struct tracee *tracee, arch_regs *regs)
{
    const struct address_space *space = tracee->process->space;
    struct code_copy copy;
    for (int i = 0; i < STEPS_MAX && find_copy(space, arch_pc(regs), &copy); i++) {
        struct stop stop;
        if (move_out(engine, tracee, &copy, regs, true))
            return 0;
        int r = step_once(engine, tracee, regs, &stop);
        if (r < 0)
            return r;
        if (stop.code != SIGTRAP) {
            /* The instruction itself faults, and will fault again at the site. */
            if (find_copy(space, arch_pc(regs), &copy))
                mark_retry(engine, tracee, &copy, regs);
            return 0;
        }
    }
    return 0;
}

/* finish_slot() with all signals blocked that are unrelated to the instruction. */
static int finish_slot_alone(struct engine *engine, struct tracee *tracee, arch_regs *regs)
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
    r = finish_slot(engine, tracee, regs);
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
    struct code_copy copy;
    if (!find_copy(tracee->process->space, arch_pc(regs), &copy))
        return 0;
    int r = engine_ptrace(engine, PTRACE_GETSIGINFO, tid, NULL, (uintptr_t)&info);
    if (r < 0)
        return r;
    r = leave_stub(tracee, regs);
    if (r < 0 || !find_copy(tracee->process->space, arch_pc(regs), &copy))
        return r;
    if (is_instruction_fault(&info))
        return deliver_fault(engine, tracee, &copy, &info, regs);
    if (may_restart_call(&copy, regs) || move_out(engine, tracee, &copy, regs, true))
        return 0;
    /* A step would make a system call that the signal could not interrupt. */
    if (copy.site->trap.system_call && mark_retry(engine, tracee, &copy, regs))
        return 0;
    r = finish_slot_alone(engine, tracee, regs);
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
    struct code_copy copy;
    int r = leave_stub(tracee, regs);
    if (r < 0 || !find_copy(tracee->process->space, arch_pc(regs), &copy) ||
        may_restart_call(&copy, regs) || move_out(engine, tracee, &copy, regs, false) || !may_step)
        return r;
    return finish_slot_alone(engine, tracee, regs);
}
