/* SPDX-License-Identifier: MIT */
/* Threads that are stopped inside a stub. The program must not see their registers. */
#ifndef PTRACE_JUMPS_IN_STUB_H
#define PTRACE_JUMPS_IN_STUB_H

#include <stdbool.h>
#include <stdint.h>

#include "ptrace/arch/arch.h"
#include "ptrace/arch/stub.h"
#include "ptrace/breakpoints/site.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/tracee.h"
#include "util/addr.h"
#include "util/error.h"

struct jump;

/* The jump whose stub has this address, planted or not; NULL: none. `space` may be NULL. */
struct jump *in_stub(const struct address_space *space, target_addr at);
/* The jump whose stub has its breakpoint there; NULL: none. */
struct jump *in_stub_trap(const struct address_space *space, target_addr at);
/* The site whose breakpoint, or whose stub's, a thread with these registers may have just hit;
   NULL: none. *again: where it continues once nothing is planted. `space` may be NULL. */
struct site *in_stub_or_site(const struct address_space *space, const arch_regs *regs,
                             target_addr *again);
/* Moves the stopped thread, whose PC is in the stub, to where it stands for the program: see
   stub_unwind(). *regs are changed likewise. -ESRCH: it is gone. */
MUST_CHECK int in_stub_leave(struct tracee *tracee, const struct jump *jump, arch_regs *regs,
                             enum stub_position *position);
/* Whether the stub copies memory there, of which it is not known that it can be read. */
bool in_stub_copies(const struct jump *jump, target_addr pc);
/* The mask of the signals that a fault of a copy there may have raised; 0: there is none. */
uint64_t in_stub_faults(const struct jump *jump, target_addr pc);
/* The thread, whose PC is in the stub, has stopped with this signal. If it is for a fault of the
   stub itself, moves the thread to the site, and undoes what the fault has changed of its signals:
   nothing was recorded, and the program must not see the signal. *regs are changed likewise. The
   thread may be in another stop then (tracee->left_trap). false: it is for something else. */
bool in_stub_leave_fault(struct tracee *tracee, const struct jump *jump, int signal,
                         arch_regs *regs);

#endif
