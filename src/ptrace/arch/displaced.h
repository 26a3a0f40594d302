/* SPDX-License-Identifier: MIT */
/*
 * Displaced instructions: what stands at a breakpoint site, copied so that threads can run it in a
 * slot elsewhere while the breakpoint stays planted. Pure: bytes in, bytes out, no process.
 *
 * The copy does what the original does at its own address, with every register, flag and byte of
 * memory the same afterwards: RIP-relative operands and branches go where the original's go, a call
 * pushes the original's return address, and a branch to the site itself goes to the site, so that
 * the breakpoint there is met again. What differs, and is seen by nobody but who looks for it:
 *  - the x87 unit's "last instruction" pointer holds the slot's address after an x87 instruction;
 *  - a thread that uses the user shadow stack (arch_prctl ARCH_SHSTK_ENABLE) must not run a copied
 *    call, whose push the shadow stack does not see: the function's return would be refused;
 *  - a call through a register that holds a non-canonical address faults one push too late.
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
    DISPLACED_CODE_MAX = 32, /* no more bytes of code are ever looked at */
};

enum displaced_kind {
    DISPLACED_SKIP, /* does nothing (endbr64, nop of any length): no slot, go on at site + length */
    DISPLACED_SLOT, /* run `bytes` at the slot: it goes on by itself */
    DISPLACED_STEP, /* cannot be displaced: to be single-stepped in place, see `reason` */
    DISPLACED_REFUSE, /* no breakpoint may stand here, see `reason` */
};

/* A thread whose PC is slot + slot_offset has the architectural state of PC = site + site_offset:
   it may be moved there. With a site_offset of 0 the instruction at the site has not been run, or
   can be run again from the start. (What a call has begun to push may lie below the stack pointer,
   where it will be written again.) */
struct displaced_step {
    uint8_t slot_offset;
    uint8_t site_offset;
};

struct displaced {
    enum displaced_kind kind;
    uint8_t length;  /* bytes of the first instruction at the site; with DISPLACED_SKIP all that is
                        skipped */
    uint8_t covered; /* bytes at the site that the slot stands for: `length`, or more when a
                        one-byte instruction took its successor along. A breakpoint inside is not
                        met by threads that come through the slot. */
    uint8_t slot_length;
    uint8_t bytes[DISPLACED_SLOT_MAX];
    /*
     * All PCs in the slot at which a thread can be said to be at the site, in ascending order of
     * slot_offset. A thread at any other PC in the slot is in the middle of something and is moved
     * by single-stepping it until it is at one of these or has left the slot: a few steps, none of
     * which blocks.
     */
    unsigned n_steps;
    struct displaced_step steps[DISPLACED_STEPS_MAX];
    /*
     * A thread that passed this site executes from site + 1, where a breakpoint trap would leave
     * its PC, too: a stop there with SIGTRAP may be either. False when at least two bytes are
     * covered, or when the site's one byte goes elsewhere (ret).
     */
    bool ambiguous;
    /* The slot must lie within 2 GiB of what the code refers to (RIP-relative operands). Without it
       any slot will do; a near one is shorter. */
    bool needs_near;
    const char *reason; /* DISPLACED_STEP, DISPLACED_REFUSE: why, static text; else NULL */
};

/*
 * Makes the copy. `code` holds n bytes (n may be 0; more than DISPLACED_CODE_MAX are of no use) at
 * `site` as the program has them, without planted breakpoints. Another site's address that must not
 * be covered is kept out by giving only the bytes up to it. `slot` is where `bytes` is going to be:
 * executable and readable. Within 1 GiB of the site, slot_length does not depend on where.
 *
 * Returns 0 with *d filled, whatever its kind, or -ERANGE when the instruction refers to memory
 * that cannot be reached from the slot (kind is then DISPLACED_STEP, for who has no nearer slot).
 */
MUST_CHECK int displaced_build(struct displaced *d, target_addr site, const uint8_t *code, size_t n,
                               target_addr slot);

/* The site_offset for a PC of slot + slot_offset, or -1 when there is none. */
int displaced_site_offset(const struct displaced_step *steps, unsigned n_steps,
                          uint64_t slot_offset);

#endif
