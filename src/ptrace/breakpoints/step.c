/* SPDX-License-Identifier: MIT */
#include "ptrace/breakpoints/step.h"

#include <signal.h>
#include <sys/ptrace.h>

#include "ptrace/arch/arch.h"
#include "ptrace/breakpoints/sigtrap.h"
#include "ptrace/breakpoints/site.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/requests.h"
#include "ptrace/core/tracee.h"
#include "ptrace/core/wait.h"
#include "ptrace/os/wait_status.h"
#include "util/addr.h"
#include "util/log.h"

uint64_t step_signal_mask(uint64_t program_mask)
{
    static const int synchronous[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS};
    uint64_t mask = ~UINT64_C(0);
    for (size_t i = 0; i < sizeof(synchronous) / sizeof(synchronous[0]); i++) {
        uint64_t bit = UINT64_C(1) << (synchronous[i] - 1);
        if (synchronous[i] == SIGTRAP || !(program_mask & bit))
            mask &= ~bit;
    }
    return mask;
}

void step_in_place(struct engine *engine, struct tracee *tracee, struct site *site, arch_regs *regs)
{
    struct address_space *space = tracee->process->space;
    pid_t tid = tracee->tid;
    uint64_t mask = 0, step_mask;
    struct stop stop = {.kind = STOP_OTHER};
    wait_stop_all(engine, space, tid);
    site_lift(space, site);
    engine_get_mask(engine, tid, &mask);
    step_mask = step_signal_mask(mask);
    engine_set_mask(engine, tid, step_mask);
    engine->stats.single_steps++;
    int r = engine_set_pc(engine, tid, regs, site->at);
    if (r == 0)
        r = engine_ptrace(engine, PTRACE_SINGLESTEP, tid, NULL, 0);
    if (r == 0)
        r = wait_for_stop(engine, tid, &stop);
    const arch_regs before = *regs;
    if (r == 0 && !stop_is_end(&stop) && engine_get_regs(engine, tid, regs) == 0 &&
        arch_hide_step(address_space_memory(space), &before, regs) &&
        engine_set_regs(engine, tid, regs) < 0)
        log_debug("thread %d is gone", tid);
    if (site->uses && site_plant(space, site) < 0)
        log_warning("cannot plant the breakpoint at 0x%lx again", site->at.value);
    if (r < 0 || stop_is_end(&stop))
        return; /* the loop handles its end */
    engine_set_mask(engine, tid, mask);
    if (stop.kind == STOP_SIGNAL && stop.code == SIGTRAP) {
        bool is_in_trap = true;
        tracee->left_trap = false;
        if (engine_get_regs(engine, tid, regs) == 0 &&
            (tracee->trap_block || tracee->process->trap.special))
            is_in_trap = sigtrap_restore(tracee, regs);
        if (is_in_trap)
            tracee_resume(tracee, tracee_take_deferred_trap(tracee));
    } else if (engine_get_regs(engine, tid, regs) == 0 &&
               target_addr_equal(arch_pc(regs), site->at)) {
        /* A fault, or a stop before the instruction ran: the thread executes it again. */
        tracee->retry_at = site->at;
        tracee->retry_sp = arch_sp(regs);
    }
}
