/* SPDX-License-Identifier: MIT */
/*
 * Detaching. A thread must be stopped to be detached. None may be between a breakpoint and its
 * trap, and none may hit a breakpoint afterwards. So: stop all threads, remove the breakpoints,
 * reset the PC of each thread that has hit one, then detach from each with the signal it was to
 * get. Processes that share their memory are detached together.
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
 * Removes the breakpoints from the process's memory and detaches from all processes in it, except
 * for threads that cannot be stopped now: those that wait in vfork(2) for a child, or are in an
 * uninterruptible sleep. detach_leaving() detaches from these later.
 */
void detach_process(struct engine *engine, struct process *process);
/* For a process without breakpoints in its memory, when all is about to be detached and this
   process is about to end (engine_options.let_go_ms): it need not be stopped, since the kernel
   detaches it then. */
void detach_unplanted(struct engine *engine, struct process *process);
/* Detaches from everything; from threads that cannot be stopped, as engine_options.let_go_ms
   says. */
void detach_all(struct engine *engine);
/* Detaches from the processes in address spaces where no process is reported any more. */
void detach_silent(struct engine *engine);
/* Detaches from a thread of a leaving process, if this stop allows it. false: handle the stop like
   any other. */
MUST_CHECK bool detach_leaving(struct engine *engine, struct tracee *tracee,
                               const struct stop *stop);

#endif
