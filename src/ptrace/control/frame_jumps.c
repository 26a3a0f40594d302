/* SPDX-License-Identifier: MIT */
#include "ptrace/control/frame_jumps.h"

#include "ptrace/arch/arch.h"
#include "ptrace/breakpoints/calls.h"
#include "ptrace/breakpoints/site.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/callstack.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/stack_range.h"
#include "ptrace/core/tracee.h"
#include "ptrace/os/memory.h"
#include "util/addr.h"
#include "util/clock.h"

/* longjmp() sets the stack pointer from its buffer: frames below it are left. */
static void longjmp_called(struct tracee *tracee, const arch_regs *regs)
{
    uint64_t sps[ARCH_JUMP_SPS_MAX], now = clock_now_ns();
    struct address_space *space = tracee->process->space;
    unsigned n = arch_jump_sps(address_space_memory(space),
                               address_space_random(space, tracee->tid), regs, sps);
    callstack_jumped(&tracee->frames);
    for (unsigned i = 0; i < n; i++) {
        struct stack_range stack = stack_range_of(tracee, sps[i], now);
        if (stack.high)
            callstack_seen(&tracee->frames, sps[i], stack);
    }
}

/*
 * setcontext() leaves frames only when it moves up on the same stack: then it works like longjmp().
 * Otherwise it switches coroutines, and the calls of the suspended one return later.
 * makecontext()'s arguments tell stacks in one mapping apart.
 */
static void setcontext_called(struct tracee *tracee, const arch_regs *regs)
{
    struct arch_context to;
    uint64_t sp = arch_sp(regs);
    if (!arch_context_to(address_space_memory(tracee->process->space), regs, &to) || to.sp <= sp)
        return;
    struct stack_range stack = stack_range_of(tracee, to.sp, clock_now_ns());
    if (sp < stack.low || sp >= stack.high || (to.high && (sp < to.low || sp >= to.high)))
        return;
    callstack_jumped(&tracee->frames);
    callstack_seen(&tracee->frames, to.sp, stack);
}

/* Frames below the exception's handler are left. So is one that had the slot of this function,
   which the handler has called, unless that is its own frame. */
static void exception_caught(struct tracee *tracee, const struct site *site, const arch_regs *regs)
{
    uint64_t slot = arch_entry_slot(regs);
    uint64_t from = site->uses & SITE_ENTRY ? slot : slot + 1;
    callstack_jumped(&tracee->frames);
    callstack_seen(&tracee->frames, from, stack_range_of(tracee, slot, clock_now_ns()));
}

/* Frames whose returns were missed are forgotten before others are left. */
static void forget_missed(struct tracee *tracee, const arch_regs *regs)
{
    uint64_t sp = arch_sp(regs);
    if (tracee->frames.missed_epoch)
        callstack_seen(&tracee->frames, sp, stack_range_of(tracee, sp, clock_now_ns()));
}

void frame_jumps_handle(struct tracee *tracee, const struct site *site, const arch_regs *regs)
{
    static const unsigned USES =
        SITE_JUMP | SITE_CONTEXT | SITE_CATCH | SITE_THROW | SITE_THREAD_END;
    if (site->uses & USES)
        calls_seen(tracee, clock_now_ns());
    forget_missed(tracee, regs);
    if (site->uses & SITE_JUMP) {
        longjmp_called(tracee, regs);
        tracee->frames.ends = false; /* of a thread that ends, this was the last jump */
    }
    if (site->uses & SITE_CONTEXT)
        setcontext_called(tracee, regs);
    if (site->uses & SITE_CATCH)
        exception_caught(tracee, site, regs);
    if (site->uses & (SITE_THROW | SITE_THREAD_END)) {
        callstack_jumped(&tracee->frames);
        tracee->exception = arch_integer_arg(regs, 0);
    }
    if (site->uses & SITE_THREAD_END)
        tracee->frames.ends = true;
}

/*
 * Whether the function called has returned to `at`: its return address is still where it was, in
 * memory or in the register. (A function may return through another register. That is rare, and
 * matters only for calls that an exception may have left.)
 */
static bool came_by_return(struct tracee *tracee, uint64_t slot, target_addr at,
                           const arch_regs *regs)
{
    struct address_space *space = tracee->process->space;
    uint64_t ret;
    if (!arch_return_in_memory)
        return tracee_return_register(tracee, regs) == at.value;
    tracee->process->engine->stats.memory_reads++;
    return memory_read(address_space_memory(space), target_addr_of(slot), &ret, sizeof(ret)) < 0 ||
           ret == at.value;
}

void frame_jumps_settle(struct tracee *tracee, target_addr at, const arch_regs *regs)
{
    uint64_t slot = arch_exit_slot(regs);
    if (!tracee->exception || !callstack_in_doubt(&tracee->frames, slot, at.value))
        return;
    if (arch_integer_ret(regs, 0) == tracee->exception || !came_by_return(tracee, slot, at, regs))
        callstack_left(&tracee->frames, slot, at.value);
}
