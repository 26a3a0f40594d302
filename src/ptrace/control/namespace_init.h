/* SPDX-License-Identifier: MIT */
/*
 * The init of a PID namespace, which the kernel does not let die of a signal with the default
 * action (pid_namespaces(7)). A fault of its own ends it nevertheless, but not while it is traced
 * (kernel/signal.c: force_sig_info_to_task(): "Don't clear SIGNAL_UNKILLABLE for traced tasks"):
 * it would fault for ever. So it is let go there, and dies as it would have.
 */
#ifndef PTRACE_CONTROL_NAMESPACE_INIT_H
#define PTRACE_CONTROL_NAMESPACE_INIT_H

#include "ptrace/arch/arch.h"
#include "ptrace/core/tracee.h"

/* Whether the thread, which has stopped with that signal, is one of such a process, and the signal
   is a fault of its own that it does not handle. */
bool namespace_init_survives(struct tracee *tracee, int signal);

/* Before the thread is let go with that signal, when it is spared: the kernel drops the signal, so
   what raised it is to be run once more. */
void namespace_init_run_again(struct engine *engine, struct tracee *tracee, int signal,
                              arch_regs *regs);

/* Keeps the process, which has no threads any more, until its end. */
void namespace_init_expect_end(struct process *process);
/* An untraced process has ended: reports it if it is awaited. */
void namespace_init_ended(struct engine *engine, pid_t pid, int status);
/* Waits for none any more: they are reported as let go. */
void namespace_init_forget(struct engine *engine);

#endif
