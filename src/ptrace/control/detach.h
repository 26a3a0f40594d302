/* SPDX-License-Identifier: MIT */
/*
 * Letting go. Every thread must be stopped to be let go, none may be between a breakpoint and its
 * trap, and none may see a breakpoint that nobody serves. So: stop all, take the breakpoints out,
 * put back who has run into one, then let go of each with the signal it was to get. Processes that
 * share their memory are let go together.
 */
#ifndef PTRACE_CONTROL_DETACH_H
#define PTRACE_CONTROL_DETACH_H

#include <stdbool.h>

#include "ptrace/os/wait_status.h"
#include "util/error.h"

struct engine;
struct process;
struct tracee;

/*
 * Takes the breakpoints out of the process's memory and lets go of all that live in it, but for
 * threads that cannot be stopped now: one that waits in vfork(2) for its child, or sleeps where no
 * signal reaches it. These are let go when they can be, by detach_leaving().
 */
void detach_process(struct engine *engine, struct process *process);
/* Nothing has been planted in its memory, and letting go of everything is at hand, after which the
   kernel lets go of it (engine_options.let_go_ms): it need not be stopped. */
void detach_unplanted(struct engine *engine, struct process *process);
/* Lets go of everything; of what cannot be stopped, as engine_options.let_go_ms has it. */
void detach_all(struct engine *engine);
/* Lets go of those that are left in spaces where nobody's calls are reported any more. */
void detach_silent(struct engine *engine);
/* Lets go of a thread of a process that is leaving, if it can be at this stop. false: the stop is
   to be handled as any other. */
MUST_CHECK bool detach_leaving(struct engine *engine, struct tracee *tracee,
                               const struct stop *stop);

#endif
