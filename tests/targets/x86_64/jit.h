/* SPDX-License-Identifier: MIT */
#ifndef JIT_H
#define JIT_H

#include <string.h>

/* Writes the operand of the code of that kind: 32 bits of an instruction. */
static inline void jit_operand(char *at, int kind, int operand)
{
    (void)kind;
    memcpy(at, &operand, sizeof(operand));
}

#endif
