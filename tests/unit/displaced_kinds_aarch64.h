/* SPDX-License-Identifier: MIT */
/*
 * Which kind of copy an encoding of A64 must have, from the diagrams of the Arm Architecture
 * Reference Manual (DDI 0487, C4.1), independently of the code that makes copies.
 */
#ifndef DISPLACED_KINDS_AARCH64_H
#define DISPLACED_KINDS_AARCH64_H

#include <stdbool.h>
#include <stdint.h>

enum verify_kind {
    V_PLAIN, /* does not use the PC: any effect, then the next instruction */
    V_END,   /* likewise, but continues elsewhere, or always faults */
    V_NOTHING,
    V_ADR,
    V_LITERAL,      /* LDR (literal) into a general-purpose register */
    V_LITERAL_NEAR, /* into a SIMD&FP register, or the zero register */
    V_B,
    V_BL,
    V_BLR,
    V_CONDITIONAL,
    V_STEP,
    V_REFUSE,
};

/* The first one that matches holds; without one it is V_PLAIN. x is any bit. */
static const struct {
    const char *bits;
    enum verify_kind kind;
} verify_diagrams[] = {
    {"0000 0000 0000 0000 xxxx xxxx xxxx xxxx", V_END},  /* UDF */
    {"0xx0 000x xxxx xxxx xxxx xxxx xxxx xxxx", V_STEP}, /* reserved */
    {"xxx0 001x xxxx xxxx xxxx xxxx xxxx xxxx", V_STEP},
    {"xxx0 011x xxxx xxxx xxxx xxxx xxxx xxxx", V_STEP},
    {"xxx1 0000 xxxx xxxx xxxx xxxx xxxx xxxx", V_ADR},
    {"x001 0011 1xxx xxxx xxxx xxxx xxxx xxxx", V_PLAIN}, /* extract */
    {"xxx1 0011 1xxx xxxx xxxx xxxx xxxx xxxx", V_STEP},  /* 1 source, immediate: AUTIASPPC */
    /* conditional branch, immediate */
    {"0101 0100 xxxx xxxx xxxx xxxx xxxx xxxx", V_CONDITIONAL},
    /* exception generation */
    {"1101 0100 000x xxxx xxxx xxxx xxx0 0001", V_PLAIN},  /* SVC */
    {"1101 0100 001x xxxx xxxx xxxx xxx0 0000", V_REFUSE}, /* BRK */
    {"1101 0100 010x xxxx xxxx xxxx xxx0 0000", V_END},    /* HLT */
    /* hints: CRm, op2 */
    {"1101 0101 0000 0011 0010 0000 000 11111", V_NOTHING}, /* NOP */
    {"1101 0101 0000 0011 0010 0000 001 11111", V_NOTHING}, /* YIELD */
    {"1101 0101 0000 0011 0010 0000 xxx 11111", V_PLAIN},   /* WFE to XPACLRI */
    {"1101 0101 0000 0011 0010 0001 xx0 11111", V_PLAIN},   /* PACIA1716 to AUTIB1716 */
    {"1101 0101 0000 0011 0010 0010 0xx 11111", V_PLAIN},   /* ESB to GCSB */
    {"1101 0101 0000 0011 0010 0010 1x0 11111", V_PLAIN},   /* CSDB, CLRBHB */
    {"1101 0101 0000 0011 0010 0011 xxx 11111", V_PLAIN},   /* PACIAZ to AUTIBSP */
    {"1101 0101 0000 0011 0010 0100 xx0 11111", V_NOTHING}, /* BTI */
    {"1101 0101 0000 0011 0010 0101 000 11111", V_PLAIN},   /* CHKFEAT */
    {"1101 0101 0000 0011 0010 xxxx xxx 11111", V_STEP},
    /* system instructions */
    {"1101 0101 0000 0011 0001 xxxx xxxx xxxx", V_PLAIN}, /* with a register: WFET */
    {"1101 0101 0000 0011 0011 xxxx xxxx xxxx", V_PLAIN}, /* barriers */
    {"1101 0101 0000 0xxx 0100 xxxx xxx1 1111", V_PLAIN}, /* PSTATE */
    {"1101 0101 0xx0 1xxx xxxx xxxx xxxx xxxx", V_PLAIN}, /* SYS */
    {"1101 0101 0xx1 xxxx xxxx xxxx xxxx xxxx", V_PLAIN}, /* system registers */
    /* unconditional branch, register: opc, op2, op3, Rn, op4 */
    {"1101011 0000 11111 000000 xxxxx 00000", V_END}, /* BR */
    {"1101011 0000 11111 00001x xxxxx 11111", V_END}, /* BRAAZ */
    {"1101011 1000 11111 00001x xxxxx xxxxx", V_END}, /* BRAA */
    {"1101011 0001 11111 000000 xxxxx 00000", V_BLR},
    {"1101011 0010 11111 000000 xxxxx 00000", V_END}, /* RET */
    {"1101011 0010 11111 00001x 11111 xxxxx", V_END}, /* RETAA, RETAASPPCR */
    /* compare and branch, test and branch, unconditional branch: immediate */
    {"x011 010x xxxx xxxx xxxx xxxx xxxx xxxx", V_CONDITIONAL},
    {"x011 011x xxxx xxxx xxxx xxxx xxxx xxxx", V_CONDITIONAL},
    {"0001 01xx xxxx xxxx xxxx xxxx xxxx xxxx", V_B},
    {"1001 01xx xxxx xxxx xxxx xxxx xxxx xxxx", V_BL},
    {"xxx1 01xx xxxx xxxx xxxx xxxx xxxx xxxx", V_STEP},
    /* load register, literal: opc, V */
    {"11 011 0 00 xxxxxxxxxxxxxxxxxxx xxxxx", V_NOTHING}, /* PRFM */
    {"11 011 1 00 xxxxxxxxxxxxxxxxxxx xxxxx", V_STEP},
    {"xx 011 1 00 xxxxxxxxxxxxxxxxxxx xxxxx", V_LITERAL_NEAR},
    {"xx 011 0 00 xxxxxxxxxxxxxxxxxxx 11111", V_LITERAL_NEAR},
    {"xx 011 0 00 xxxxxxxxxxxxxxxxxxx xxxxx", V_LITERAL},
    /* memory copy and memory set */
    {"xx 011 x 01 xx 0 xxxxx xxxx 01 xxxxx xxxxx", V_STEP},
    {"xx 011 1 01 xx 0 xxxxx xxxx 00 xxxxx xxxxx", V_STEP}, /* SETGOP */
    /* data processing, 1 source: opcode2 = 00001, opcode, Rn, Rd */
    {"1 1 0 11010110 00001 10001x 11111 11110", V_PLAIN}, /* PACIA171615 */
    {"1 1 0 11010110 00001 10010x xxxxx 11110", V_PLAIN}, /* AUTIASPPCR */
    {"1 1 0 11010110 00001 10111x 11111 11110", V_PLAIN}, /* AUTIA171615 */
    {"1 1 0 11010110 00001 1xxxxx xxxxx xxxxx", V_STEP},  /* PACIASPPC */
};

enum { N_VERIFY_DIAGRAMS = sizeof(verify_diagrams) / sizeof(verify_diagrams[0]) };

static inline bool verify_matches(const char *bits, uint32_t word)
{
    uint32_t bit = UINT32_C(1) << 31;
    for (; *bits; bits++) {
        if (*bits == ' ')
            continue;
        if (*bits != 'x' && (*bits == '1') != ((word & bit) != 0))
            return false;
        bit >>= 1;
    }
    return true;
}

static inline enum verify_kind verify_kind_of(uint32_t word)
{
    for (unsigned i = 0; i < N_VERIFY_DIAGRAMS; i++)
        if (verify_matches(verify_diagrams[i].bits, word))
            return verify_diagrams[i].kind;
    return V_PLAIN;
}

#endif
