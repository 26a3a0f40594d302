/* SPDX-License-Identifier: MIT */
/* Single-stepping the original instruction at a breakpoint. */
#ifndef PTRACE_BREAKPOINTS_STEP_H
#define PTRACE_BREAKPOINTS_STEP_H

#include <stdint.h>

#include "ptrace/arch/arch.h"
#include "ptrace/breakpoints/site.h"

struct engine;
struct tracee;

/* The signals to block while a thread is single-stepped: all but the synchronous ones, since a
   fault whose signal is blocked is fatal. A kernel sigset: bit 0 is signal 1. SIGTRAP, with which
   the step ends, is never in it. */
uint64_t step_signal_mask(uint64_t program_mask);

/*
 * Steps over an instruction that has no displaced copy. Every other thread of the address space is
 * stopped while the breakpoint is removed, and stays stopped until the loop handles it. The thread,
 * which has trapped at the site, is resumed after the instruction.
 */
void step_in_place(struct engine *engine, struct tracee *tracee, struct site *site,
                   arch_regs *regs);

#endif
