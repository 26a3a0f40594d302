/* SPDX-License-Identifier: MIT */
/*
 * One instruction of x86-64 at a breakpoint site, and how it can be displaced. For the files that
 * displace instructions only. Encodings are those of the Intel 64 and IA-32 Architectures Software
 * Developer's Manual, volume 2; where AMD's processors read bytes differently, the instruction is
 * not displaced.
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
    SHAPE_NOTHING,       /* does nothing */
    SHAPE_PLAIN,         /* the same bytes do the same, but for a RIP-relative operand */
    SHAPE_LAST,          /* the same, and what follows it is not executed next */
    SHAPE_JUMP,          /* jmp rel */
    SHAPE_CONDITIONAL,   /* jcc rel, loopcc, jrcxz, xbegin */
    SHAPE_CALL,          /* call rel */
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

/* Decodes the instruction at site + offset, of whose code there are n bytes from the site on
   (offset <= n). SHAPE_REFUSE with a reason when there is none that is whole and known. */
void insn_decode(struct insn *insn, target_addr site, const uint8_t *code, size_t n,
                 uint8_t offset);

/* The address behind it. */
uint64_t insn_end(const struct insn *insn);

/* Where a branch with a relative operand goes. */
uint64_t insn_branch_target(const struct insn *insn);

/* Whether its memory operand is relative to RIP, and the address of that operand. */
bool insn_is_rip_relative(const struct insn *insn);
uint64_t insn_rip_operand(const struct insn *insn);

/* Whether its memory operand has RSP as base register. */
bool insn_is_rsp_based(const struct insn *insn);

#endif
