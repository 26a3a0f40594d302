/* SPDX-License-Identifier: MIT */
/* Frames that are left without a return: longjmp(), setcontext(), exceptions. */
#ifndef PTRACE_CONTROL_FRAME_JUMPS_H
#define PTRACE_CONTROL_FRAME_JUMPS_H

#include "ptrace/breakpoints/site.h"
#include "ptrace/core/tracee.h"

/* The thread is at the entry of a function that leaves frames (SITE_JUMP, SITE_CONTEXT, SITE_CATCH,
   SITE_THROW, SITE_THREAD_END in site->uses). Updates its call stack. */
void frame_jumps_handle(struct tracee *tracee, const struct site *site, const arch_regs *regs);

/*
 * The thread is at the return address `at`. If an exception brought it here, forgets the frames
 * that the exception left. A compiler may place the landing pad of an exception after a call that
 * never returns. It is entered with the exception in the first return register (Itanium C++ ABI,
 * Exception Handling, 2.5.3). And the handler of an exception may continue at the return address:
 * by then its calls have overwritten the return address on the stack or in its register, which a
 * return would leave unchanged. Reads memory only if an exception was raised since the call.
 */
void frame_jumps_settle(struct tracee *tracee, target_addr at, const arch_regs *regs);

#endif
