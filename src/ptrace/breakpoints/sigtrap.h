/* SPDX-License-Identifier: MIT */
/*
 * The program's own SIGTRAP. When a breakpoint traps while SIGTRAP is blocked or ignored, the
 * kernel unblocks it in the thread and resets its disposition to the default for the whole process,
 * although the tracer takes the signal away (kernel/signal.c: force_sig_info_to_task()). Nothing
 * shows afterwards that it did; so what the program has asked for is remembered, and given back
 * after each trap.
 *
 * Known is what was so when the program was attached to or executed, and what it has since asked of
 * the C library's pthread_sigmask() and sigaction(), by which sigprocmask(), signal() and their
 * like go, too, and of its syscall(). What it asks of the kernel by itself is not seen.
 */
#ifndef PTRACE_BREAKPOINTS_SIGTRAP_H
#define PTRACE_BREAKPOINTS_SIGTRAP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "ptrace/arch/arch.h"
#include "ptrace/core/tracee.h"
#include "util/error.h"

struct process;
struct site;

/* Reads what is so now: of a thread whether it blocks SIGTRAP, of its process whether it is handled
   or ignored. Where a breakpoint may have changed that already, what was known before holds. */
void sigtrap_look_thread(struct tracee *tracee);
void sigtrap_look_process(struct process *process);

/* The thread is at the entry of pthread_sigmask(), or of syscall() for rt_sigprocmask(2), whose
   arguments begin with the one numbered `first`: whether that will block or unblock SIGTRAP, and
   which. To be remembered only once the thread has passed the breakpoint, whose mending is still
   about the mask before: the call may ask for that. */
bool sigtrap_on_sigmask(const struct tracee *tracee, const arch_regs *regs, unsigned first,
                        enum trap_block *then);
/* The thread is at the entry of sigaction(), or of syscall() for rt_sigaction(2). */
void sigtrap_on_sigaction(struct tracee *tracee, const arch_regs *regs, unsigned first);
/*
 * The thread is at the entry of syscall(); `masks`: sigtrap_on_sigmask() was true. Each call stops
 * the thread, and a few programs make them by the hundred thousand (futex(2), io_uring_enter(2))
 * and never for the sake of SIGTRAP. So the watch is given up, for good, in a program that has made
 * a thousand calls in less than ten seconds and none about SIGTRAP: it costs a thousand stops at
 * most, or a hundred a second.
 */
void sigtrap_on_syscall(struct tracee *tracee, struct site *site, bool masks);

/* The thread has trapped and is about to be resumed: restores what the kernel has changed. Whether
   the thread is still in its trap: to restore the action may take a system call of its own, which
   leaves it in another stop (see remote_syscall()) that the loop handles. */
bool sigtrap_mend(struct tracee *tracee, const arch_regs *regs);

/*
 * The thread has been stopped by a SIGTRAP where a breakpoint of ours would stop it: whether one
 * did. While SIGTRAP is blocked nothing else can; but when one of the program's own is pending for
 * the thread, the kernel takes the two for one, with the origin of the first (kernel/signal.c:
 * legacy_queue()). Then that one is owed to the program.
 */
bool sigtrap_is_breakpoint(struct tracee *tracee);

#endif
