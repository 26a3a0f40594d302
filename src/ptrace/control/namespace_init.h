/* SPDX-License-Identifier: MIT */
/*
 * The init of a PID namespace. The kernel does not let a signal with the default action end it
 * (pid_namespaces(7)). A fault of its own ends it nevertheless, but not while it is traced
 * (kernel/signal.c: force_sig_info_to_task(): "Don't clear SIGNAL_UNKILLABLE for traced tasks"): it
 * would fault forever. So it is detached at its fault, and dies as without a tracer.
 */
#ifndef PTRACE_CONTROL_NAMESPACE_INIT_H
#define PTRACE_CONTROL_NAMESPACE_INIT_H

#include "ptrace/arch/arch.h"
#include "ptrace/core/tracee.h"

/* Whether the thread's process has the ID 1 in its innermost PID namespace. */
bool namespace_init_is(struct tracee *tracee);

/* Whether the thread, which has stopped with that signal, belongs to such an init, and the signal
   is a fault of its own without a handler. */
bool namespace_init_survives(struct tracee *tracee, int signal);

/* To be called before such a thread is detached with that signal. The kernel drops the signal, so
   the instruction that raised it must run again: sets the PC for that. */
void namespace_init_run_again(struct engine *engine, struct tracee *tracee, int signal,
                              arch_regs *regs);

/* Keeps the process, which has no threads any more, until its end is reported. */
void namespace_init_expect_end(struct process *process);
/* An untraced process has ended: reports it if it was kept. */
void namespace_init_ended(struct engine *engine, pid_t pid, int status);
/* Reports all kept processes as detached. */
void namespace_init_forget(struct engine *engine);

#endif
