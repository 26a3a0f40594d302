/* SPDX-License-Identifier: MIT */
/* The registers of a call on x86-64. */
#ifndef UNIT_REGISTERS_H
#define UNIT_REGISTERS_H

#include <string.h>

#include "ptrace/arch/arch.h"

static inline void set_integer_argument(arch_regs *regs, unsigned n, uint64_t word)
{
    unsigned long long *const arguments[] = {&regs->rdi, &regs->rsi, &regs->rdx,
                                             &regs->rcx, &regs->r8,  &regs->r9};
    *arguments[n] = word;
}

static inline void set_float_argument(struct arch_float_regs *floats, unsigned n, const void *bytes,
                                      size_t size)
{
    memcpy((char *)((struct user_fpregs_struct *)(void *)floats)->xmm_space + 16 * n, bytes, size);
}

/* Where a long double is returned: st(0), which the other results leave unchanged. */
static inline struct value_place set_long_double_result(struct arch_float_regs *floats,
                                                        long double value)
{
    memcpy(((struct user_fpregs_struct *)(void *)floats)->st_space, &value, 10);
    return (struct value_place){.kind = PLACE_X87_RET};
}

/* A stack with the return address at `stack`; returns where its arguments begin. */
static inline uint64_t *set_stack(arch_regs *regs, uint64_t *stack)
{
    regs->rsp = (uintptr_t)stack;
    return stack + 1;
}

#endif
