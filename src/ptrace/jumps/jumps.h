/* SPDX-License-Identifier: MIT */
/*
 * The jumps of an address space, and what stops tell of them. A site is born as a breakpoint. When
 * it has stopped threads often enough it is hot, and the next change of jumps (promotion.h) plants
 * a jump there, if it can.
 */
#ifndef PTRACE_JUMPS_JUMPS_H
#define PTRACE_JUMPS_JUMPS_H

#include <stdbool.h>
#include <stdint.h>

#include "ptrace/arch/arch.h"
#include "ptrace/breakpoints/site.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/tracee.h"
#include "ptrace/jumps/pacing.h"
#include "ptrace/jumps/record_values.h"
#include "ptrace/jumps/result_kinds.h"
#include "ptrace/jumps/rings.h"
#include "util/addr.h"
#include "util/vec.h"

struct jump;

struct jumps {
    struct rings rings;
    VEC(struct jump *) table; /* by index; owned */
    VEC(struct site *) hot;
    VEC(target_addr) unseen; /* see unseen_returns.h */
    const char *refused; /* why there can be none in this space, a static text; NULL: there can */
    bool is_shadowed;    /* a thread has a shadow stack, */
    uint64_t shadows_at; /* as looked up at this change of jumps, counted from 1 */
    bool floats;         /* return stubs record floating point results */
    struct record_plans plans;
    struct result_kinds result_kinds;
    struct pacing pacing;
};

/* The space's, made if needed. NULL: out of memory. */
struct jumps *jumps_of(struct address_space *space);

/* A thread has stopped at the site's breakpoint, or at its stub's. */
void jumps_hit(struct tracee *tracee, struct site *site);
/* The call of `entry` has its return site at `back`: its stub need not stop for that again. Lifts a
   jump there that cannot record this function's result. */
void jumps_expect_return(struct tracee *tracee, struct site *entry, struct site *back);
/* The site is no return site any more. */
void jumps_forget_return(struct address_space *space, struct site *site);
/* What is wanted of sites is about to change: reports what was recorded before. */
void jumps_settle(struct address_space *space);
/* The jump of an entry that is armed anew: lifts it if it does not suit the probe and the kinds. */
void jumps_armed(struct address_space *space, struct site *site);

/* Gives the thread, stopped with these registers at a stub's breakpoint, a ring. */
void jumps_register(struct tracee *tracee, const arch_regs *regs);
/* A new thread is stopped before its first instruction. Another one that is registered with its
   thread pointer has ended, or the two share it. */
void jumps_thread_began(struct tracee *tracee);
/* The new thread or process was made by `creator`, which is stopped. If they have the same thread
   pointer, and the same memory, no ring is theirs: all their hits stop. `vfork`: until the child
   has left the memory. */
void jumps_thread_made(struct tracee *creator, struct tracee *child, bool vfork);
/* The thread, stopped, has the memory to itself again after a vfork(2). */
void jumps_vfork_done(struct tracee *tracee);
/* Takes the thread's last records, and frees its ring. */
void jumps_thread_ends(struct tracee *tracee);
/* A breakpoint is to be planted at `at`, perhaps in the code that the site's jump replaces: lifts
   the jump then, for good. */
void jumps_uncover(struct address_space *space, struct site *site, target_addr at);
/* The site's code was unmapped. */
void jumps_unmapped(struct address_space *space, struct site *site);

#endif
