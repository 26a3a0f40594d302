/* SPDX-License-Identifier: MIT */
/*
 * Copies of instructions to other addresses, one after another, with the effect of the originals at
 * their own address: see displaced.h. Private to the files that displace instructions.
 */
#ifndef PTRACE_ARCH_X86_64_COPY_H
#define PTRACE_ARCH_X86_64_COPY_H

#include <stdbool.h>
#include <stdint.h>

#include "ptrace/arch/displaced.h"
#include "ptrace/arch/x86_64/insn.h"
#include "util/error.h"

/* Of one instruction, with a jump back: bytes, and entries of `steps`. The longest is a call with
   an operand in memory. */
enum { COPY_INSN_MAX = 64, COPY_STEPS_MAX = 3 };

struct copy {
    uint8_t *bytes; /* with room for what is written */
    uint64_t start; /* the address where they will be */
    struct displaced_step *steps;
    unsigned length;
    unsigned n_steps;
    /* The copy of the next instruction follows: a branch that is not taken continues there. */
    bool followed;
    /* Literals are at multiples of 8, for threads with EFLAGS.AC. The length then depends on
       `start`. */
    bool aligned;
    bool needs_near; /* see struct displaced */
};

/* Writes the copy of one instruction. *last: it needs nothing after it, else it needs a jump back
   or the next copy. -ERANGE: what it refers to is out of reach; part of it may be written. */
MUST_CHECK int copy_insn(struct copy *copy, const struct insn *insn, bool *last);

/* Writes a jump to the instruction behind `insn`. */
void copy_jump_back(struct copy *copy, const struct insn *insn);

#endif
