/* SPDX-License-Identifier: MIT */
/*
 * One A64 instruction at a breakpoint site, and how it can be displaced. Private to the files that
 * displace instructions. "Arm ARM" is the Arm Architecture Reference Manual for A-profile
 * architecture (DDI 0487); encodings are those of its chapter C4.
 */
#ifndef PTRACE_ARCH_AARCH64_INSN_H
#define PTRACE_ARCH_AARCH64_INSN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/addr.h"

enum { INSN_LENGTH = 4 };

/* The link register, and the number that stands for the zero register. */
enum { INSN_X30 = 30, INSN_XZR = 31 };

/* How an instruction is displaced. */
enum shape {
    SHAPE_NOTHING,       /* no effect */
    SHAPE_PLAIN,         /* the same word has the same effect */
    SHAPE_SYSCALL,       /* SVC: likewise */
    SHAPE_LAST,          /* like SHAPE_PLAIN, and execution does not continue after it */
    SHAPE_ADDRESS,       /* ADR, ADRP */
    SHAPE_LITERAL,       /* LDR (literal) into a general-purpose register */
    SHAPE_LITERAL_NEAR,  /* the same without a register that could hold the address */
    SHAPE_JUMP,          /* B */
    SHAPE_CONDITIONAL,   /* B.cond, BC.cond, CBZ, CBNZ, TBZ, TBNZ */
    SHAPE_CALL,          /* BL */
    SHAPE_CALL_INDIRECT, /* BLR */
    SHAPE_STEP,
    SHAPE_REFUSE,
};

/* One instruction at the site. */
struct insn {
    uint32_t word;
    uint64_t at;
    enum shape shape;
    const char *reason; /* of SHAPE_STEP and SHAPE_REFUSE */
};

/* Decodes the instruction at the site; `code` holds n bytes from the site on. SHAPE_REFUSE with a
   reason if there is no complete instruction. */
void insn_decode(struct insn *insn, target_addr site, const uint8_t *code, size_t n);

/* The address that it is relative to the PC: of SHAPE_ADDRESS the result, of SHAPE_LITERAL and
   SHAPE_LITERAL_NEAR the operand, of SHAPE_JUMP, SHAPE_CONDITIONAL and SHAPE_CALL the target. */
uint64_t insn_named_address(const struct insn *insn);

/* The same SHAPE_CONDITIONAL with another distance to its target (in bytes, 0 to 32 KiB). */
uint32_t insn_with_distance(const struct insn *insn, uint32_t distance);

/* The register in bits 4:0 (Rt, Rd), and that in bits 9:5 (Rn). */
unsigned insn_rd(const struct insn *insn);
unsigned insn_rn(const struct insn *insn);

#endif
