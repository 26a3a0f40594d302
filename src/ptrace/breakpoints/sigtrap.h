/* SPDX-License-Identifier: MIT */
/*
 * The program's own SIGTRAP. When a breakpoint traps while SIGTRAP is blocked or ignored, the
 * kernel unblocks it in the thread and resets its disposition to the default for the whole process,
 * although the tracer suppresses the signal (kernel/signal.c: force_sig_info_to_task()). The state
 * before is not visible afterwards. So the engine records what the program has asked for, and
 * restores it after each trap.
 *
 * The sources are the state when the program was attached to or executed, and later calls of the C
 * library's pthread_sigmask() and sigaction() (which sigprocmask(), signal() and similar functions
 * use) and of its syscall(). System calls that the program makes by itself are not seen.
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

/* Read the current state: whether a thread blocks SIGTRAP, and whether a process handles or ignores
   it. Where a breakpoint may have changed the state already, the recorded one stays. */
void sigtrap_look_thread(struct tracee *tracee);
void sigtrap_look_process(struct process *process);

/* The thread is at the entry of pthread_sigmask(), or of syscall() for rt_sigprocmask(2), whose
   first argument is number `first`. Returns whether the call will block or unblock SIGTRAP; *then
   says which. To be recorded only after the thread has passed the breakpoint: sigtrap_restore()
   needs the mask before the call, which may return it. */
bool sigtrap_on_sigmask(const struct tracee *tracee, const arch_regs *regs, unsigned first,
                        enum trap_block *then);
/* The thread is at the entry of sigaction(), or of syscall() for rt_sigaction(2). */
void sigtrap_on_sigaction(struct tracee *tracee, const arch_regs *regs, unsigned first);
/*
 * The thread is at the entry of syscall(); `masks`: sigtrap_on_sigmask() returned true. Each call
 * stops the thread, and a few programs call syscall() hundreds of thousands of times (futex(2),
 * io_uring_enter(2)), never about SIGTRAP. So the watch is removed for good from a program that has
 * made a thousand calls in less than ten seconds, none about SIGTRAP. It costs a thousand stops at
 * most, or a hundred per second.
 */
void sigtrap_on_syscall(struct tracee *tracee, struct site *site, bool masks);

/* The thread has trapped and is about to be resumed: restores the mask and the disposition that the
   kernel changed. Returns whether the thread is still in its trap: to restore the disposition it
   may have to do a system call, after which it is in another stop (see remote_syscall()), which the
   loop handles. */
bool sigtrap_restore(struct tracee *tracee, const arch_regs *regs);

/*
 * The thread has stopped with a SIGTRAP at the PC of a breakpoint's trap. Returns whether a
 * breakpoint raised it. While SIGTRAP is blocked nothing else can. But if one of the program's own
 * is pending for the thread, the kernel merges the two and keeps the siginfo of the first
 * (kernel/signal.c: legacy_queue()). The program's SIGTRAP is then deferred, to be delivered later.
 */
bool sigtrap_is_breakpoint(struct tracee *tracee);

#endif
