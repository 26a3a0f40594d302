/* SPDX-License-Identifier: MIT */
/*
 * What a stop costs a thread, measured where it matters. After the hit of an entry the thread is
 * sometimes continued at the breakpoint instead of behind it. It stops there again at once, and has
 * executed nothing meanwhile: the time from the end of the hit to that second stop is what two
 * halves of stops cost. The second stop is no call: see tracee_is_retry().
 *
 * Every other one is handled like a stop at a return, for which less may be read
 * (ptrace/core/stop_prefetch.h).
 *
 * It is done so seldom that it costs nothing that counts: of a thousand entries at nineteen, of a
 * hundred thousand at ninety.
 */
#ifndef PTRACE_BREAKPOINTS_MEASURED_STOP_H
#define PTRACE_BREAKPOINTS_MEASURED_STOP_H

#include <stdbool.h>
#include <stdint.h>

#include "ptrace/arch/arch.h"
#include "util/addr.h"

struct site;
struct tracee;

/* The hit of an entry has been reported, and its exit is awaited: perhaps one is to be measured.
   thread_cpu_ns: as in the hit. */
void measured_stop_consider(struct tracee *tracee, uint64_t thread_cpu_ns);
/* The thread is about to continue at *to. If a stop is to be measured and can be, it continues at
   the site instead. */
void measured_stop_begin(struct tracee *tracee, const struct site *site, const arch_regs *regs,
                         target_addr *to);
/* The thread has hit a breakpoint; `retried`: it was the same one. Returns how long the stop took;
   0: none was measured. */
uint64_t measured_stop_end(struct tracee *tracee, bool retried);
/* The thread has stopped for something else, perhaps before it hit the breakpoint again: it
   continues where it would be without all this. *regs are its registers. */
void measured_stop_cancel(struct tracee *tracee, arch_regs *regs);

#endif
