/* SPDX-License-Identifier: MIT */
#ifndef JIT_H
#define JIT_H

#include <stdint.h>
#include <string.h>

/* Writes the operand of the code of that kind: `mov w1, #operand`, or for kind 1 the literal that
   an instruction loads. */
static inline void jit_operand(char *at, int kind, int operand)
{
    uint32_t word = (uint32_t)operand;
    if (kind != 1)
        word = 0x52800001 | (word & 0xffff) << 5;
    memcpy(at, &word, sizeof(word));
}

#endif
