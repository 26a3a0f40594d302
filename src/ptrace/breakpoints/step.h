/* SPDX-License-Identifier: MIT */
/* Running the instruction at a breakpoint where it stands, by a single step. */
#ifndef PTRACE_BREAKPOINTS_STEP_H
#define PTRACE_BREAKPOINTS_STEP_H

#include <stdint.h>

#include "ptrace/arch/arch.h"
#include "ptrace/breakpoints/site.h"

struct engine;
struct tracee;

/* All signals but those that an instruction itself raises: what may be blocked while a thread is
   stepped without a fault being fatal. As a kernel sigset, bit 0 is signal 1. SIGTRAP, with which
   the step ends, is never in it. */
uint64_t step_signal_mask(uint64_t program_mask);

/*
 * The last resort, for an instruction that no slot can hold: every other thread of the address
 * space is stopped while the breakpoint is away. They stay stopped until the loop sees them again.
 * The thread, which has trapped at the site, is resumed behind the instruction.
 */
void step_in_place(struct engine *engine, struct tracee *tracee, struct site *site,
                   arch_regs *regs);

#endif
