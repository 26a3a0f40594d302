/* SPDX-License-Identifier: MIT */
#include "ptrace/arch/aarch64/insn.h"

#include "util/addr.h"

static const char own_breakpoint[] = "the program has a breakpoint of its own there";
static const char memory_copy[] = "a memory copy or memory set instruction";
static const char not_allocated[] = "an instruction that is not known";
/* With FEAT_FPAC it faults if that fails, and must then find x30 unchanged. */
static const char authenticating_call[] = "a call that authenticates its target";
static const char signs_pc[] = "pointer authentication with the program counter";

/*
 * The encodings, in the order of Arm ARM, C4.1 ("A64 instruction set encoding"): the first row with
 * (word & mask) == value holds. Words without a row are SHAPE_PLAIN. In the groups where
 * instructions relative to the PC were added over the years, each allocated encoding is listed, and
 * all others are SHAPE_STEP: what is executed at its own address is always right.
 */
static const struct {
    uint32_t mask, value;
    enum shape shape;
    const char *reason;
} encodings[] = {
    /* Reserved; not allocated (op0 = 0001 and 0011). SME and SVE do not use the PC. */
    {0xffff0000, 0x00000000, SHAPE_LAST, NULL}, /* UDF */
    {0x9e000000, 0x00000000, SHAPE_STEP, not_allocated},
    {0x1a000000, 0x02000000, SHAPE_STEP, not_allocated},

    /* Data processing, immediate: FEAT_PAuth_LR has AUTIASPPC beside EXTR. */
    {0x1f000000, 0x10000000, SHAPE_ADDRESS, NULL}, /* ADR, ADRP */
    {0x7f800000, 0x13800000, SHAPE_PLAIN, NULL},   /* EXTR */
    {0xff800000, 0xf3800000, SHAPE_STEP, signs_pc},
    {0x1f800000, 0x13800000, SHAPE_STEP, not_allocated},

    /* Branches, exception generating and system instructions. */
    {0xff000000, 0x54000000, SHAPE_CONDITIONAL, NULL}, /* B.cond, BC.cond */
    {0xff000000, 0x55000000, SHAPE_STEP, signs_pc},    /* RETAASPPC, RETABSPPC */
    {0x7e000000, 0x74000000, SHAPE_STEP, "a compare and branch instruction"}, /* FEAT_CMPBR */
    {0xffe0001f, 0xd4000001, SHAPE_SYSCALL, NULL},                            /* SVC */
    {0xffe0001f, 0xd4200000, SHAPE_REFUSE, own_breakpoint},                   /* BRK */
    {0xffe0001f, 0xd4400000, SHAPE_LAST, NULL}, /* HLT: undefined in a process */

    /* Hints. PACM makes the next PACIASP use the PC (FEAT_PAuth_LR). */
    {0xffffffdf, 0xd503201f, SHAPE_NOTHING, NULL}, /* NOP, YIELD */
    {0xffffff3f, 0xd503241f, SHAPE_NOTHING, NULL}, /* BTI */
    {0xffffffff, 0xd50324ff, SHAPE_STEP, signs_pc},
    {0xffffff1f, 0xd503201f, SHAPE_PLAIN, NULL}, /* WFE, WFI, SEV, SEVL, DGH, XPACLRI */
    {0xffffff3f, 0xd503211f, SHAPE_PLAIN, NULL}, /* PACIA1716, PACIB1716, AUTIA1716, AUTIB1716 */
    {0xffffff9f, 0xd503221f, SHAPE_PLAIN, NULL}, /* ESB, PSB CSYNC, TSB CSYNC, GCSB DSYNC */
    {0xffffffbf, 0xd503229f, SHAPE_PLAIN, NULL}, /* CSDB, CLRBHB */
    {0xffffff1f, 0xd503231f, SHAPE_PLAIN, NULL}, /* PACIAZ to AUTIBSP: of x30, the SP and keys */
    {0xffffffff, 0xd503251f, SHAPE_PLAIN, NULL}, /* CHKFEAT */
    {0xfffff01f, 0xd503201f, SHAPE_STEP, "a hint that is not known"},

    /* Other system instructions: of them, none uses the PC. */
    {0xfffff000, 0xd5031000, SHAPE_PLAIN, NULL}, /* WFET, WFIT */
    {0xfffff000, 0xd5033000, SHAPE_PLAIN, NULL}, /* barriers, CLREX */
    {0xfff8f01f, 0xd500401f, SHAPE_PLAIN, NULL}, /* MSR (immediate), CFINV, AXFLAG, XAFLAG */
    {0xff980000, 0xd5080000, SHAPE_PLAIN, NULL}, /* SYS, SYSL, SYSP */
    {0xff900000, 0xd5100000, SHAPE_PLAIN, NULL}, /* MSR, MRS, MSRR, MRRS (register) */

    /* Branches by register. */
    {0xfffffc1f, 0xd61f0000, SHAPE_LAST, NULL},                /* BR */
    {0xfffff81f, 0xd61f081f, SHAPE_LAST, NULL},                /* BRAAZ, BRABZ */
    {0xfffff800, 0xd71f0800, SHAPE_LAST, NULL},                /* BRAA, BRAB */
    {0xfffffc1f, 0xd63f0000, SHAPE_CALL_INDIRECT, NULL},       /* BLR */
    {0xfffff81f, 0xd63f081f, SHAPE_STEP, authenticating_call}, /* BLRAAZ, BLRABZ */
    {0xfffff800, 0xd73f0800, SHAPE_STEP, authenticating_call}, /* BLRAA, BLRAB */
    {0xfffffc1f, 0xd65f0000, SHAPE_LAST, NULL},                /* RET */
    {0xfffffbe0, 0xd65f0be0, SHAPE_LAST, NULL}, /* RETAA, RETAB, RETAASPPCR, RETABSPPCR */

    {0x7e000000, 0x34000000, SHAPE_CONDITIONAL, NULL}, /* CBZ, CBNZ */
    {0x7e000000, 0x36000000, SHAPE_CONDITIONAL, NULL}, /* TBZ, TBNZ */
    {0xfc000000, 0x14000000, SHAPE_JUMP, NULL},        /* B */
    {0xfc000000, 0x94000000, SHAPE_CALL, NULL},        /* BL */
    {0x1c000000, 0x14000000, SHAPE_STEP, not_allocated},

    /* Loads and stores, load register (literal). A prefetch is a hint: C6.2, "PRFM
       (literal)". */
    {0xff000000, 0xd8000000, SHAPE_NOTHING, NULL}, /* PRFM */
    {0xff000000, 0xdc000000, SHAPE_STEP, not_allocated},
    {0x3f000000, 0x1c000000, SHAPE_LITERAL_NEAR, NULL}, /* SIMD&FP */
    {0x3f00001f, 0x1800001f, SHAPE_LITERAL_NEAR, NULL}, /* into the zero register */
    {0x3f000000, 0x18000000, SHAPE_LITERAL, NULL},
    /* Memory copy and memory set (FEAT_MOPS, FEAT_MOPS_GO). When a thread continues on another kind
       of processor, the kernel sets its PC back by one or two instructions, to the prologue. */
    {0x3b200c00, 0x19000400, SHAPE_STEP, memory_copy}, /* CPY*, SET* */
    {0x3f200c00, 0x1d000000, SHAPE_STEP, memory_copy}, /* SETGO* */

    /* Data processing, 1 source, with opcode2 = 00001, of FEAT_PAuth_LR. */
    {0xfffffbff, 0xdac18bfe, SHAPE_PLAIN, NULL},    /* PACIA171615, PACIB171615 */
    {0xfffff81f, 0xdac1901e, SHAPE_PLAIN, NULL},    /* AUTIASPPCR, AUTIBSPPCR */
    {0xfffffbff, 0xdac1bbfe, SHAPE_PLAIN, NULL},    /* AUTIA171615, AUTIB171615 */
    {0xfffffbff, 0xdac183fe, SHAPE_STEP, signs_pc}, /* PACNBIASPPC, PACNBIBSPPC */
    {0xfffffbff, 0xdac1a3fe, SHAPE_STEP, signs_pc}, /* PACIASPPC, PACIBSPPC */
    {0xffff8000, 0xdac18000, SHAPE_STEP, not_allocated},
};

static void find_encoding(struct insn *insn)
{
    insn->shape = SHAPE_PLAIN;
    for (size_t i = 0; i < sizeof(encodings) / sizeof(encodings[0]); i++) {
        if ((insn->word & encodings[i].mask) != encodings[i].value)
            continue;
        insn->shape = encodings[i].shape;
        insn->reason = encodings[i].reason;
        return;
    }
}

void insn_decode(struct insn *insn, target_addr site, const uint8_t *code, size_t n)
{
    *insn = (struct insn){.at = site.value, .shape = SHAPE_REFUSE};
    if (site.value % INSN_LENGTH != 0) {
        insn->reason = "no instruction begins at an address that is not a multiple of 4";
        return;
    }
    if (n < INSN_LENGTH) {
        insn->reason = "the code ends within the instruction";
        return;
    }
    /* Instructions are little-endian, whatever the data are (Arm ARM, "Instruction endianness"). */
    insn->word =
        code[0] | (uint32_t)code[1] << 8 | (uint32_t)code[2] << 16 | (uint32_t)code[3] << 24;
    find_encoding(insn);
}

unsigned insn_rd(const struct insn *insn)
{
    return insn->word & 31;
}

unsigned insn_rn(const struct insn *insn)
{
    return insn->word >> 5 & 31;
}

/* A signed field of `bits` bits, whose lowest bit is `low`. */
static uint64_t signed_field(uint32_t word, unsigned low, unsigned bits)
{
    uint64_t value = word >> low & ((UINT32_C(1) << bits) - 1), sign = UINT64_C(1) << (bits - 1);
    return (value ^ sign) - sign;
}

static bool is_test_branch(uint32_t word)
{
    return (word & 0x7e000000) == 0x36000000;
}

uint64_t insn_named_address(const struct insn *insn)
{
    uint32_t word = insn->word;
    switch (insn->shape) {
    case SHAPE_JUMP:
    case SHAPE_CALL:
        return insn->at + signed_field(word, 0, 26) * 4;
    case SHAPE_ADDRESS: {
        uint64_t value = signed_field(word, 5, 19) * 4 + (word >> 29 & 3);
        bool page = word >> 31; /* ADRP */
        return page ? (insn->at & ~UINT64_C(0xfff)) + value * 4096 : insn->at + value;
    }
    case SHAPE_CONDITIONAL:
        if (is_test_branch(word))
            return insn->at + signed_field(word, 5, 14) * 4;
        return insn->at + signed_field(word, 5, 19) * 4;
    default:
        return insn->at + signed_field(word, 5, 19) * 4;
    }
}

uint32_t insn_with_distance(const struct insn *insn, uint32_t distance)
{
    unsigned bits = is_test_branch(insn->word) ? 14 : 19;
    uint32_t field = ((UINT32_C(1) << bits) - 1) << 5;
    return (insn->word & ~field) | (distance / 4 << 5);
}
