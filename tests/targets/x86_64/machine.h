/* SPDX-License-Identifier: MIT */
/* What the programs of tests/targets know of x86-64. */
#ifndef MACHINE_H
#define MACHINE_H

#include <asm/prctl.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <ucontext.h>

/* The interrupted thread's PC, its first argument register, and the register in which the assembly
   functions here keep an address across a call (%rbx). */
static inline uintptr_t context_pc(const void *context)
{
    return (uintptr_t)((const ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
}

static inline void context_set_pc(void *context, uintptr_t pc)
{
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] = (greg_t)pc;
}

static inline void context_set_argument(void *context, uintptr_t value)
{
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_RDI] = (greg_t)value;
}

static inline void context_set_kept(void *context, uintptr_t value)
{
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_RBX] = (greg_t)value;
}

/* The PC in the registers of ptrace(2). */
static inline unsigned long long *regs_pc(struct user_regs_struct *regs)
{
    return &regs->rip;
}

/* int3: the bits of a word that it fills, its value, and the distance from its address to the PC
   after its trap. ud2: its length. */
#define TRAP_MASK        UINT64_C(0xff)
#define TRAP_WORD        UINT64_C(0xcc)
#define TRAP_OFFSET      1
#define UNDEFINED_LENGTH 2

/* The address in the siginfo of its SIGTRAP: none. */
static inline uintptr_t trap_address(uintptr_t pc)
{
    (void)pc;
    return 0;
}

/* mov $42,%eax; ret */
#define CODE_RETURNS_42                                                                            \
    {                                                                                              \
        0xb8, 42, 0, 0, 0, 0xc3                                                                    \
    }

/* The compiler puts no landing pad in front of such a function. */
#define NO_LANDING_PAD __attribute__((nocf_check))

/* The address of a result in memory is passed in %rdi, which a function need not keep. */
static inline void clobber_result_register(void)
{
    __asm__ volatile("mov $1, %%edi" : : : "rdi", "memory");
}

/* After code was written. */
static inline void flush_code(const char *start, const char *end)
{
    (void)start;
    (void)end;
}

/* The thread pointer. The setter needs no thread-local storage: it makes the system call itself. */
static inline uintptr_t thread_pointer(void)
{
    uintptr_t value;
    __asm__ volatile("mov %%fs:0, %0" : "=r"(value));
    return value;
}

static inline void set_thread_pointer(uintptr_t value)
{
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"((long)SYS_arch_prctl), "D"((long)ARCH_SET_FS), "S"(value)
                     : "rcx", "r11", "memory");
    if (result != 0)
        __builtin_trap();
}

static inline void trap(void)
{
    __asm__ volatile("int3");
}

/* Further instructions that raise SIGTRAP: int $3, int1. */
static inline void second_trap(void)
{
    __asm__ volatile(".byte 0xcd, 3");
}

static inline void third_trap(void)
{
    __asm__ volatile(".byte 0xf1");
}

static inline void undefined_instruction(void)
{
    __asm__ volatile("ud2");
}

#endif
