/* SPDX-License-Identifier: MIT */
/*
 * Migration: moving a tracee from one tracer thread to another. Ptrace has no request for that: one
 * detaches, the other attaches. Meanwhile the thread must do nothing: it jumps to itself in a slot,
 * with all signals blocked. What can still happen is a SIGSTOP, which the new owner delivers, or
 * its death.
 */
#ifndef PTRACE_THREADS_TRACEE_MIGRATION_H
#define PTRACE_THREADS_TRACEE_MIGRATION_H

#include <stdbool.h>

#include "ptrace/arch/arch.h"
#include "ptrace/breakpoints/site.h"
#include "ptrace/core/engine_internal.h"

/* Whether the thread can migrate: there is a slot to wait in (made near the site if there is none
   yet), and the new tracer thread may attach to it. If it may not, no thread of the process
   migrates any more. */
bool tracee_migration_prepare(struct tracee *tracee, const struct site *site);
/* Migrates the thread, which is stopped at a breakpoint and continues at `pc`. Its new owner
   resumes it. -ESRCH: it has ended, or another process traces it, and its end will not be
   reported. */
MUST_CHECK int tracee_migrate(struct engine *engine, struct tracee *tracee,
                              struct tracer_thread *to, arch_regs *regs, target_addr pc);

/* The thread is the only one of its process and stopped before the first instruction of a new
   program. If it is a child of this process, it migrates to the primary. */
void tracee_migrate_executed(struct engine *engine, struct tracee *tracee,
                             struct address_space *space);

#endif
