/* SPDX-License-Identifier: MIT */
/*
 * Displaced instructions: threads run a copy of the instruction at a breakpoint in a slot
 * elsewhere, while the breakpoint stays planted. Pure functions on bytes. Each architecture has one
 * file that implements this (x86_64/displaced.c).
 *
 * The copy has the effect of the original at its own address, on all registers, flags and memory:
 * operands relative to the PC and branches refer to the same addresses, a call sets the original
 * return address, and a branch to the site itself goes to the site and hits the breakpoint again.
 * The known differences are listed in the architecture's file.
 */
#ifndef PTRACE_ARCH_DISPLACED_H
#define PTRACE_ARCH_DISPLACED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/addr.h"
#include "util/error.h"

enum {
    DISPLACED_SLOT_MAX = 96,
    DISPLACED_STEPS_MAX = 8,
    DISPLACED_CODE_MAX = 32, /* bytes of code that are read at most */
};

/* The distance in bytes, up and down, from which a slot reaches whatever address the code refers
   to. For a slot that is farther away, displaced_build() may return -ERANGE. */
extern const uint64_t displaced_reach;

enum displaced_kind {
    DISPLACED_SKIP,   /* no effect (endbr64, bti, nop of any length): needs no slot, continue at
                         site + length */
    DISPLACED_SLOT,   /* run `bytes` in the slot: they jump back */
    DISPLACED_STEP,   /* cannot be displaced, to be single-stepped in place: see `reason` */
    DISPLACED_REFUSE, /* no breakpoint may be planted here: see `reason` */
};

/* A thread with the PC slot + slot_offset has the architectural state of the PC site + site_offset,
   and may be moved there. With a site_offset of 0 the instruction at the site has not run, or can
   run again from its start. (What has run of it may have written where it writes again: a
   call below the stack pointer, a load its register.) */
struct displaced_step {
    uint8_t slot_offset;
    uint8_t site_offset;
};

struct displaced {
    enum displaced_kind kind;
    uint8_t length;  /* bytes of the first instruction at the site; for DISPLACED_SKIP, of all
                        skipped instructions */
    uint8_t covered; /* bytes at the site that the slot replaces: `length`, or more if a one-byte
                        instruction is copied together with the next one. Threads that run the slot
                        do not hit a breakpoint among them. */
    uint8_t slot_length;
    uint8_t bytes[DISPLACED_SLOT_MAX];
    /*
     * All PCs in the slot that correspond to a PC at the site, in ascending order of slot_offset. A
     * thread at another PC in the slot must be single-stepped until it is at one of these or has
     * left the slot: a few steps, none of which blocks.
     */
    unsigned n_steps;
    struct displaced_step steps[DISPLACED_STEPS_MAX];
    /*
     * A thread that passed this site continues at site + 1, which is also the PC after a breakpoint
     * trap at the site: a stop there with SIGTRAP may be either. False if at least two bytes are
     * covered, or if the one-byte instruction continues elsewhere (ret), and where a trap leaves
     * the PC at the site.
     */
    bool ambiguous;
    bool system_call; /* the first instruction is a system call */
    /* The slot must be within displaced_reach of what the code refers to (x86-64: RIP-relative
       operands; arm64: all that is not last, since it branches back). Otherwise any slot will do;
       with a near one the copy may be shorter. */
    bool needs_near;
    const char *reason; /* DISPLACED_STEP, DISPLACED_REFUSE: the reason, a static text; else NULL */
};

/*
 * Builds the copy. `code` holds n bytes at `site`, without planted breakpoints; n may be 0, and
 * bytes beyond DISPLACED_CODE_MAX are ignored. To keep another site out of the copy, give only the
 * bytes before it. `slot` is the address where `bytes` will be, which must be executable and
 * readable. Within half of displaced_reach of the site, slot_length does not depend on it.
 *
 * Returns 0 with *d filled, for any kind, or -ERANGE if the instruction refers to memory that
 * cannot be reached from the slot (kind is then DISPLACED_STEP, for callers without a nearer slot).
 */
MUST_CHECK int displaced_build(struct displaced *d, target_addr site, const uint8_t *code, size_t n,
                               target_addr slot);

/* The site_offset for the PC slot + slot_offset, or -1 if there is none. */
static inline int displaced_site_offset(const struct displaced_step *steps, unsigned n_steps,
                                        uint64_t slot_offset)
{
    for (unsigned i = 0; i < n_steps; i++)
        if (steps[i].slot_offset == slot_offset)
            return steps[i].site_offset;
    return -1;
}

#endif
