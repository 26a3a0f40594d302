/* SPDX-License-Identifier: MIT */
/*
 * One x86-64 instruction at a breakpoint site, and how it can be displaced. Private to the files
 * that displace instructions. Encodings are those of the Intel 64 and IA-32 Architectures Software
 * Developer's Manual, volume 2; an encoding that AMD processors decode differently is not
 * displaced.
 */
#ifndef PTRACE_ARCH_X86_64_INSN_H
#define PTRACE_ARCH_X86_64_INSN_H

#include <Zydis/Zydis.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/addr.h"

/* How an instruction is displaced. */
enum shape {
    SHAPE_NOTHING,     /* no effect */
    SHAPE_PLAIN,       /* the same bytes have the same effect, except for a RIP-relative operand */
    SHAPE_LAST,        /* like SHAPE_PLAIN, and execution does not continue after it */
    SHAPE_JUMP,        /* jmp rel */
    SHAPE_CONDITIONAL, /* jcc rel, loopcc, jrcxz, xbegin */
    SHAPE_CALL,        /* call rel */
    SHAPE_CALL_INDIRECT, /* call reg, call [mem] */
    SHAPE_SYSCALL,
    SHAPE_STEP,
    SHAPE_REFUSE,
};

/* One instruction at the site. */
struct insn {
    ZydisDecodedInstruction decoded;
    const uint8_t *code;
    uint64_t at;
    uint8_t site_offset;
    enum shape shape;
    const char *reason; /* of SHAPE_STEP and SHAPE_REFUSE */
};

/* Decodes the instruction at site + offset; `code` holds n bytes from the site on (offset <= n).
   SHAPE_REFUSE with a reason if there is no complete known instruction. */
void insn_decode(struct insn *insn, target_addr site, const uint8_t *code, size_t n,
                 uint8_t offset);

/* The address after it. */
uint64_t insn_end(const struct insn *insn);

/* The target of a branch with a relative operand. */
uint64_t insn_branch_target(const struct insn *insn);

/* Whether its memory operand is relative to RIP, and the address of that operand. */
bool insn_is_rip_relative(const struct insn *insn);
uint64_t insn_rip_operand(const struct insn *insn);

/* Whether its memory operand has RSP as base register. */
bool insn_is_rsp_based(const struct insn *insn);

#endif
