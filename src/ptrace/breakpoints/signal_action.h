/* SPDX-License-Identifier: MIT */
/* A process's action for a signal, read and set by one of its threads: see remote_syscall(). */
#ifndef PTRACE_BREAKPOINTS_SIGNAL_ACTION_H
#define PTRACE_BREAKPOINTS_SIGNAL_ACTION_H

#include <sys/types.h>

#include "ptrace/arch/arch.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/tracee.h"
#include "util/error.h"

/* The size of a set of signals that rt_sigaction(2) and rt_sigprocmask(2) take. */
enum { KERNEL_SIGSET_SIZE = 8 };

MUST_CHECK int signal_action_get(struct address_space *space, pid_t tid, int signal,
                                 struct kernel_sigaction *action);
/* `regs`: the thread's, which are those of the program. */
MUST_CHECK int signal_action_set(struct address_space *space, pid_t tid, const arch_regs *regs,
                                 int signal, const struct kernel_sigaction *action);

#endif
