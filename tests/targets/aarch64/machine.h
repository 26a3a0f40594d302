/* SPDX-License-Identifier: MIT */
/* What the programs of tests/targets know of arm64. */
#ifndef MACHINE_H
#define MACHINE_H

#include <stdint.h>
#include <sys/user.h>
#include <ucontext.h>

/* The interrupted thread's PC, its first argument register, and the register in which the assembly
   functions here keep an address across a call (x19). */
static inline uintptr_t context_pc(const void *context)
{
    return (uintptr_t)((const ucontext_t *)context)->uc_mcontext.pc;
}

static inline void context_set_pc(void *context, uintptr_t pc)
{
    ((ucontext_t *)context)->uc_mcontext.pc = pc;
}

static inline void context_set_argument(void *context, uintptr_t value)
{
    ((ucontext_t *)context)->uc_mcontext.regs[0] = value;
}

static inline void context_set_kept(void *context, uintptr_t value)
{
    ((ucontext_t *)context)->uc_mcontext.regs[19] = value;
}

/* The PC in the registers of ptrace(2). */
static inline unsigned long long *regs_pc(struct user_regs_struct *regs)
{
    return &regs->pc;
}

/* brk #0: the bits of a word that it fills, its value, and the distance from its address to the PC
   after its trap. udf: its length. */
#define TRAP_MASK        UINT64_C(0xffffffff)
#define TRAP_WORD        UINT64_C(0xd4200000)
#define TRAP_OFFSET      0
#define UNDEFINED_LENGTH 4

/* The address in the siginfo of its SIGTRAP. */
static inline uintptr_t trap_address(uintptr_t pc)
{
    return pc;
}

/* mov w0,#42; ret */
#define CODE_RETURNS_42                                                                            \
    {                                                                                              \
        0x40, 0x05, 0x80, 0x52, 0xc0, 0x03, 0x5f, 0xd6                                             \
    }

/* The compiler puts no landing pad in front of such a function. */
#define NO_LANDING_PAD __attribute__((target("branch-protection=none")))

/* The address of a result in memory is passed in x8, which a function need not keep. */
static inline void clobber_result_register(void)
{
    __asm__ volatile("mov x8, #1" : : : "x8", "memory");
}

/* After code was written. As __builtin___clear_cache(), which libgcc has without landing pads. */
static inline void flush_code(const char *start, const char *end)
{
    for (const char *at = start; at < end; at += 4)
        __asm__ volatile("dc cvau, %0" : : "r"(at) : "memory");
    __asm__ volatile("dsb ish" : : : "memory");
    for (const char *at = start; at < end; at += 4)
        __asm__ volatile("ic ivau, %0" : : "r"(at) : "memory");
    __asm__ volatile("dsb ish; isb" : : : "memory");
}

/* The thread pointer. */
static inline uintptr_t thread_pointer(void)
{
    uintptr_t value;
    __asm__ volatile("mrs %0, tpidr_el0" : "=r"(value));
    return value;
}

static inline void set_thread_pointer(uintptr_t value)
{
    __asm__ volatile("msr tpidr_el0, %0" : : "r"(value) : "memory");
}

static inline void trap(void)
{
    __asm__ volatile("brk #0");
}

/* Further instructions that raise SIGTRAP: other immediates. */
static inline void second_trap(void)
{
    __asm__ volatile("brk #1");
}

static inline void third_trap(void)
{
    __asm__ volatile("brk #0x7fff");
}

static inline void undefined_instruction(void)
{
    __asm__ volatile(".inst 0" /* udf #0 */);
}

#endif
