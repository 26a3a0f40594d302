/* SPDX-License-Identifier: MIT */
/*
 * The program's SIGSEGV and SIGBUS, where stubs read memory that may not be readable
 * (ptrace/jumps/). Such a fault stops the thread, and the tracer suppresses the signal. But when
 * the signal is blocked or ignored, the kernel unblocks it in the thread and resets its disposition
 * to the default for the whole process (kernel/signal.c: force_sig_info_to_task()). As with SIGTRAP
 * (sigtrap.h), the state before is not visible afterwards. So it is recorded: the actions before
 * the first such stub is used and after each sigaction(), the mask of a thread before its first
 * record and at each pthread_sigmask().
 */
#ifndef PTRACE_BREAKPOINTS_FAULT_SIGNALS_H
#define PTRACE_BREAKPOINTS_FAULT_SIGNALS_H

#include <stdbool.h>
#include <sys/types.h>

#include "ptrace/arch/arch.h"
#include "ptrace/core/tracee.h"
#include "util/error.h"

/* Reads the process's actions, through its stopped thread `tid`, if they are not known. */
MUST_CHECK int fault_signals_look_process(struct process *process, pid_t tid);
/* Reads the stopped thread's mask, if it is not known. */
void fault_signals_look_thread(struct tracee *tracee);

/* The thread is at the entry of pthread_sigmask(), or of syscall() for rt_sigprocmask(2), whose
   first argument is number `first`. */
void fault_signals_on_sigmask(struct tracee *tracee, const arch_regs *regs, unsigned first);
/* The same for sigaction(), which is called to set an action. Returns whether it is for one of
   these signals. */
bool fault_signals_on_sigaction(struct tracee *tracee, const arch_regs *regs, unsigned first);

/* Whether the thread blocks the signal, as far as is known. */
bool fault_signals_blocks(const struct tracee *tracee, int signal);
/* The thread has faulted in a stub, with this signal: restores the mask and the disposition.
   `regs`: those of the program. Afterwards it may be in another stop (tracee->left_trap). */
void fault_signals_restore(struct tracee *tracee, const arch_regs *regs, int signal);

#endif
