/* SPDX-License-Identifier: MIT */
/*
 * Handing a traced thread from one tracer thread to another. Ptrace has no request for that: the
 * one lets go of the thread, the other attaches to it. In between the thread must do nothing: it
 * jumps to itself in a slot, all its signals blocked. What happens to it meanwhile all the same is
 * a SIGSTOP, which the new owner finds it in, or its death.
 */
#ifndef PTRACE_THREADS_TRACEE_MIGRATION_H
#define PTRACE_THREADS_TRACEE_MIGRATION_H

#include <stdbool.h>

#include "ptrace/arch/arch.h"
#include "ptrace/breakpoints/site.h"
#include "ptrace/core/engine_internal.h"

/* Whether there is a place near the site to wait in (where there is none yet one is made, for the
   next time), and the tracer thread that the thread is to be handed to may attach to it: once it
   may not, no thread of the process is handed over any more. */
bool tracee_migration_prepare(struct tracee *tracee, const struct site *site);
/* Hands over the thread, which is stopped by a breakpoint and is to go on at `pc`; its new owner
   resumes it. -ESRCH: it has ended, or is another's, and nobody will report its end. */
MUST_CHECK int tracee_migrate(struct engine *engine, struct tracee *tracee,
                              struct tracer_thread *to, arch_regs *regs, target_addr pc);

/* The thread is its process's only one and stopped before the first instruction of a new program.
   If it is a child of this process, it goes to the
   primary. */
void tracee_migrate_executed(struct engine *engine, struct tracee *tracee,
                             struct address_space *space);

#endif
