/* SPDX-License-Identifier: MIT */
/* Handles a breakpoint trap: reports what is wanted at the site and resumes the thread past it. */
#ifndef PTRACE_CONTROL_BREAKPOINT_HIT_H
#define PTRACE_CONTROL_BREAKPOINT_HIT_H

#include "ptrace/arch/arch.h"
#include "ptrace/breakpoints/site.h"
#include "ptrace/core/engine_internal.h"

/* The thread has trapped at the planted site and is stopped with these registers. Resumes it. */
void breakpoint_hit(struct engine *engine, struct tracee *tracee, struct site *site,
                    arch_regs *regs);

#endif
