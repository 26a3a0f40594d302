/* SPDX-License-Identifier: MIT */
/* Threads that are stopped inside a stub. The program must not see their registers. */
#ifndef PTRACE_JUMPS_IN_STUB_H
#define PTRACE_JUMPS_IN_STUB_H

#include <stdbool.h>

#include "ptrace/arch/arch.h"
#include "ptrace/arch/stub.h"
#include "ptrace/breakpoints/site.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/tracee.h"
#include "util/addr.h"
#include "util/error.h"

struct jump;

/* The jump whose stub has this address, planted or not; NULL: none. */
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

#endif
