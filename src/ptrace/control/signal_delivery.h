/* SPDX-License-Identifier: MIT */
/*
 * Delivering a signal to a thread that may be in a slot. Its handler must see the PC that the
 * thread would have without the tracer.
 */
#ifndef PTRACE_CONTROL_SIGNAL_DELIVERY_H
#define PTRACE_CONTROL_SIGNAL_DELIVERY_H

#include <stdbool.h>

#include "ptrace/arch/arch.h"
#include "ptrace/core/engine_internal.h"

/* Whether the signal, which is about to be delivered, only stops the process, so that no handler
   sees the PC. */
bool signal_only_stops(pid_t tid, int signal);

/*
 * The thread is in a signal-delivery-stop with `signal`. If it is in a slot, moves it out. Leaves
 * it stopped, so that resuming or detaching with that signal delivers it with its siginfo. `regs`:
 * its registers, before and after. -ESRCH: it is gone.
 */
MUST_CHECK int signal_delivery_prepare(struct engine *engine, struct tracee *tracee, int signal,
                                       arch_regs *regs);

/*
 * For a thread that is about to be detached, after the breakpoints were removed, without a signal
 * whose handler could see the PC. If it is in a slot, moves it out. Without may_step, only if that
 * needs no step: for a thread in a group-stop, or one that gets a signal that only stops.
 */
MUST_CHECK int signal_delivery_leave_slot(struct engine *engine, struct tracee *tracee,
                                          bool may_step, arch_regs *regs);

#endif
