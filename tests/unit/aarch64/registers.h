/* SPDX-License-Identifier: MIT */
/* The registers of a call on arm64. */
#ifndef UNIT_REGISTERS_H
#define UNIT_REGISTERS_H

#include <string.h>

#include "ptrace/arch/arch.h"

static inline void set_integer_argument(arch_regs *regs, unsigned n, uint64_t word)
{
    regs->regs[n] = word;
}

static inline void set_float_argument(struct arch_float_regs *floats, unsigned n, const void *bytes,
                                      size_t size)
{
    memcpy(&((struct user_fpsimd_struct *)(void *)floats)->vregs[n], bytes, size);
}

/* Where a long double is returned: a vector register, here not the first one. */
static inline struct value_place set_long_double_result(struct arch_float_regs *floats,
                                                        long double value)
{
    set_float_argument(floats, 2, &value, 16);
    return (struct value_place){.kind = PLACE_FLOAT_RET, .index = 2};
}

/* A stack; returns where its arguments begin. */
static inline uint64_t *set_stack(arch_regs *regs, uint64_t *stack)
{
    regs->sp = (uintptr_t)stack;
    return stack;
}

#endif
