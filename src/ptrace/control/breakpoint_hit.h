/* SPDX-License-Identifier: MIT */
/* Serving a breakpoint trap: what was wanted at the site is reported, and the thread passes it. */
#ifndef PTRACE_CONTROL_BREAKPOINT_HIT_H
#define PTRACE_CONTROL_BREAKPOINT_HIT_H

#include "ptrace/arch/arch.h"
#include "ptrace/breakpoints/site.h"
#include "ptrace/core/engine_internal.h"

/* The thread has trapped at the planted site and is stopped with these registers; it is resumed. */
void breakpoint_hit(struct engine *engine, struct tracee *tracee, struct site *site,
                    arch_regs *regs);

#endif
