/* SPDX-License-Identifier: MIT */
/*
 * The call chain of a stopped thread, from the unwind tables of its code (.eh_frame, in the
 * process's memory). libunwind interprets them and reads memory only through this file: planted
 * breakpoints are hidden from it, and no file is opened.
 *
 * The process's memory is not trusted. The chain ends at unreadable memory, at code without tables
 * (generated code, for example), and after a limited number of reads.
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
    bool is_return; /* else a signal interrupted it there */
};

/* The unwind tables known for one address space. Protected by the engine lock. */
struct unwinder;
struct address_space;
struct engine;

/*
 * Fills chain with at most `max` return addresses of the thread's open calls, the innermost first:
 * that is `ret`, with the stack pointer `sp` after the return. The other registers are those in
 * regs. Returns the number of entries, at least 1. Allocates when it reads a table for the first
 * time.
 */
size_t unwind_callers(program_read *read, struct tracee *tracee, const arch_regs *regs,
                      target_addr ret, uint64_t sp, uint64_t now_ns, struct unwound *chain,
                      size_t max);

/* Code was unmapped: forgets the tables. NULL is allowed. */
void unwinder_forget(struct unwinder *unwinder);
/* Frees the unwinders that the engine keeps. */
void unwinders_free(struct engine *engine);

#endif
