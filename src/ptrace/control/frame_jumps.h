/* SPDX-License-Identifier: MIT */
/* Calls that are left other than by a return: longjmp(), setcontext(), exceptions. */
#ifndef PTRACE_CONTROL_FRAME_JUMPS_H
#define PTRACE_CONTROL_FRAME_JUMPS_H

#include "ptrace/breakpoints/site.h"
#include "ptrace/core/tracee.h"

/* The thread is at the entry of a function that leaves calls (SITE_JUMP, SITE_CONTEXT, SITE_CATCH,
   SITE_THROW in site->uses): notes what becomes of the open ones. */
void frame_jumps_serve(struct tracee *tracee, const struct site *site, const arch_regs *regs);

/*
 * The thread is where calls are to return to, `at`: forgets those that an exception has left, if it
 * came here otherwise. Behind a call that never returns a compiler may put the landing pad of an
 * exception, which is entered with the exception in the first return register (Itanium C++ ABI,
 * Exception Handling, 2.5.3). And the handler of an exception may go on where the call would have
 * returned to: by then what it has called has written over the return address, which a return
 * leaves in its place. Reads memory only where an exception was met since the call.
 */
void frame_jumps_settle(struct tracee *tracee, target_addr at, const arch_regs *regs);

#endif
