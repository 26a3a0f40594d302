/* SPDX-License-Identifier: MIT */
/*
 * The call chain of a stopped thread, by the unwind tables of the code it is in (.eh_frame, as it
 * lies in the process's memory). libunwind reads them; all it gets to see it gets from here, so
 * that planted breakpoints do not show, and no file is opened.
 *
 * What the process holds there may be anything: the chain ends at what cannot be read, at code
 * without tables (made at run time, say), and after a bounded number of reads.
 */
#ifndef PTRACE_CAPTURE_UNWIND_H
#define PTRACE_CAPTURE_UNWIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ptrace/arch/arch.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/tracee.h"
#include "util/addr.h"

struct unwound {
    target_addr at;
    bool is_return; /* else it was interrupted there, by a signal */
};

/* What is known of the unwind tables of one address space. Used by whoever has the turn. */
struct unwinder;
struct address_space;
struct engine;

/*
 * Fills chain, at most `max` of it, with where the thread's open calls go on, the innermost first:
 * that is `ret`, where the stack pointer will be `sp`. The other registers are taken from regs.
 * Returns how many there are, at least 1. Allocates when it meets tables for the first time.
 */
size_t unwind_callers(program_read *read, struct tracee *tracee, const arch_regs *regs,
                      target_addr ret, uint64_t sp, uint64_t now_ns, struct unwound *chain,
                      size_t max);

/* Code was unmapped: what is known of it holds no more. NULL is fine. */
void unwinder_forget(struct unwinder *unwinder);
/* Frees those that the engine keeps. */
void unwinders_free(struct engine *engine);

#endif
