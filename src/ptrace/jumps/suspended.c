/* SPDX-License-Identifier: MIT */
#include "ptrace/jumps/suspended.h"

#include <stddef.h>

#include "ptrace/arch/arch.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/tracee.h"
#include "ptrace/jumps/jump.h"
#include "ptrace/jumps/own_stack.h"
#include "ptrace/jumps/promotion.h"
#include "util/log.h"

void suspended_switched(struct address_space *space)
{
    if (!space->engine->jumping || space->suspends)
        return;
    log_debug("the program switches stacks: jumps replace single instructions only");
    space->suspends = true;
    promotion_lift_all(space, jump_why_suspended, NULL);
}

void suspended_stopped(struct tracee *tracee, const arch_regs *regs)
{
    if (own_stack_left(tracee, arch_sp(regs), arch_thread_pointer(regs)))
        suspended_switched(tracee->process->space);
}
