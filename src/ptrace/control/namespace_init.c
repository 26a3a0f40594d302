/* SPDX-License-Identifier: MIT */
#include "ptrace/control/namespace_init.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>

#include "ptrace/arch/arch.h"
#include "ptrace/breakpoints/program_memory.h"
#include "ptrace/breakpoints/step.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/requests.h"
#include "ptrace/core/tracee.h"
#include "ptrace/core/wait.h"
#include "ptrace/os/proc_status.h"
#include "ptrace/os/wait_status.h"
#include "util/addr.h"
#include "util/log.h"

static bool is_forced_fault(const siginfo_t *info)
{
    switch (info->si_signo) {
    case SIGBUS:
        return info->si_code > 0 &&
               info->si_code != BUS_MCEERR_AO; /* a BUS_MCEERR_AO is not forced */
    case SIGSEGV:
    case SIGFPE:
    case SIGILL:
    case SIGTRAP:
    case SIGSYS:
        return info->si_code > 0; /* not SI_USER and similar codes */
    default:
        return false;
    }
}

static bool may_be_fault(int signal)
{
    const siginfo_t info = {.si_signo = signal, .si_code = SI_KERNEL};
    return is_forced_fault(&info);
}

/* By proc(5): NStgid. */
bool namespace_init_is(struct tracee *tracee)
{
    struct process *process = tracee->process;
    if (process->place_in_namespace <= 0)
        process->place_in_namespace = proc_status_last_number(tracee->tid, "NStgid");
    return process->place_in_namespace == 1;
}

bool namespace_init_survives(struct tracee *tracee, int signal)
{
    siginfo_t info;
    uint64_t bit = UINT64_C(1) << (signal - 1), handled;
    if (!may_be_fault(signal) || !namespace_init_is(tracee))
        return false;
    if (engine_ptrace(tracee->process->engine, PTRACE_GETSIGINFO, tracee->tid, NULL,
                      (uintptr_t)&info) < 0)
        return false;
    /* If the signal was blocked or ignored, the kernel has reset it to the default action by now.
       If SigCgt cannot be read: without a handler, the fault comes again. */
    return is_forced_fault(&info) && proc_status_set(tracee->tid, "SigCgt", &handled) == 0 &&
           !(handled & bit);
}

/* Whether the thread's next instruction faults: runs it. */
static bool faults(struct engine *engine, pid_t tid)
{
    struct stop stop = {.kind = STOP_OTHER};
    uint64_t mask;
    if (engine_get_mask(engine, tid, &mask) < 0)
        return true;
    engine_set_mask(engine, tid, step_signal_mask(mask));
    int r;
    do {
        r = engine_ptrace(engine, PTRACE_SINGLESTEP, tid, NULL, 0);
        if (r == 0)
            r = wait_for_stop(engine, tid, &stop);
    } while (r == 0 && (stop.kind == STOP_INTERRUPTED || stop.kind == STOP_GROUP));
    engine_set_mask(engine, tid, mask);
    return r < 0 || stop.kind != STOP_SIGNAL || stop.code != SIGTRAP;
}

/*
 * The kernel also raises SIGSEGV, without a faulting instruction, for a signal whose handler has no
 * stack to run on (kernel/signal.c: force_sigsegv()). It has the code of a general protection
 * fault, and so does the fault that is raised here instead.
 */
static void segv_again(struct engine *engine, struct tracee *tracee, arch_regs *regs)
{
    siginfo_t info;
    pid_t tid = tracee->tid;
    if (engine_ptrace(engine, PTRACE_GETSIGINFO, tid, NULL, (uintptr_t)&info) < 0 ||
        info.si_code != SI_KERNEL || faults(engine, tid))
        return;
    if (engine_get_regs(engine, tid, regs) < 0 ||
        engine_set_pc(engine, tid, regs, arch_no_code) < 0)
        log_debug("thread %d ended before it was detached", tid);
}

void namespace_init_run_again(struct engine *engine, struct tracee *tracee, int signal,
                              arch_regs *regs)
{
    uint8_t before[ARCH_RAISE_BYTES];
    target_addr pc = arch_pc(regs);
    struct address_space *space = tracee->process->space;
    target_addr from = target_addr_plus(pc, -(int64_t)sizeof(before));
    if (signal == SIGSEGV)
        segv_again(engine, tracee, regs);
    if (!space || program_memory_read(space, from, before, sizeof(before)) < 0)
        return;
    unsigned length = arch_raise_length(signal, before);
    if (length && engine_set_pc(engine, tracee->tid, regs, target_addr_plus(pc, -(int64_t)length)))
        log_debug("thread %d ended before it was detached", tracee->tid);
}

void namespace_init_expect_end(struct process *process)
{
    process->next_dying = process->engine->dying;
    process->engine->dying = process;
}

static void report_end(struct process **place, int status)
{
    struct process *process = *place;
    struct engine *engine = process->engine;
    *place = process->next_dying;
    if (engine->sink.ended)
        engine->sink.ended(engine->sink.data, process, status);
    free(process);
}

void namespace_init_ended(struct engine *engine, pid_t pid, int status)
{
    for (struct process **place = &engine->dying; *place; place = &(*place)->next_dying) {
        if ((*place)->pid != pid)
            continue;
        report_end(place, status);
        return;
    }
}

void namespace_init_forget(struct engine *engine)
{
    while (engine->dying)
        report_end(&engine->dying, -1);
}
