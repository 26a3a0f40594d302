/*
 * Handing a traced thread from one server to another. Ptrace has no request for that: the one lets
 * go of the thread, the other attaches to it. In between the thread must do nothing: it jumps to
 * itself in a slot, all its signals blocked. What happens to it meanwhile all the same is a
 * SIGSTOP, which the new owner finds it in, or its death.
 */
#ifndef PTRACE_HANDOVER_H
#define PTRACE_HANDOVER_H

#include <stdbool.h>

#include "ptrace/arch.h"
#include "ptrace/core.h"
#include "ptrace/site.h"

/*
 * Whether the thread, which is being served at a breakpoint, can be handed to another server. Not
 * those whose signal mask is in doubt, and not the main thread of a child of this very process: the
 * thread that has forked it is shown its stops whoever its owner is.
 */
bool handover_possible(const struct tracee *tracee);
/* Whether there is a place near the site to wait in (where there is none yet one is made, for the
   next time), and the server that the thread is to be handed to may attach to it: once it may not,
   no thread of the process is handed over any more. */
bool handover_prepare(struct tracee *tracee, const struct site *site);
/* Hands over the thread, which is stopped by a breakpoint and is to go on at `pc`; its new owner
   resumes it. The tracee may be gone afterwards. */
void handover(struct engine *engine, struct tracee *tracee, struct server *to, arch_regs *regs,
              target_addr pc);

/* The thread is its process's only one and stopped before the first instruction of a new program.
   If it is a child of this process, of which handover_possible() tells, it goes to the primary. */
void handover_executed(struct engine *engine, struct tracee *tracee, struct space *space);

#endif
