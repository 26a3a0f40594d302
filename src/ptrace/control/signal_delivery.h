/* SPDX-License-Identifier: MIT */
/*
 * Delivering a signal to a thread that may be in a slot: its handler must see, in its context, the
 * PC that the program would have without the tracer.
 */
#ifndef PTRACE_CONTROL_SIGNAL_DELIVERY_H
#define PTRACE_CONTROL_SIGNAL_DELIVERY_H

#include <stdbool.h>

#include "ptrace/arch/arch.h"
#include "ptrace/core/engine_internal.h"

/* Whether the signal, which the thread is about to get, does nothing but stop the process: no
   handler sees where the thread is. */
bool signal_only_stops(pid_t tid, int signal);

/*
 * The thread is in a signal-delivery-stop with `signal`. Takes it out of a slot if it is in one and
 * leaves it stopped so that resuming or detaching it with that signal delivers it with the siginfo
 * it has. `regs` are its registers, before and after. -ESRCH: it is gone.
 */
MUST_CHECK int signal_delivery_prepare(struct engine *engine, struct tracee *tracee, int signal,
                                       arch_regs *regs);

/*
 * The breakpoints are out, and the thread, stopped without a signal to come that a handler may see,
 * is about to be let go: takes it out of a slot if it is in one, since what happens to it there
 * would happen at the slot's PC. With may_step false only if that takes no step: it is in a
 * group-stop, or gets a signal that only stops.
 */
MUST_CHECK int signal_delivery_leave_slot(struct engine *engine, struct tracee *tracee,
                                          bool may_step, arch_regs *regs);

#endif
