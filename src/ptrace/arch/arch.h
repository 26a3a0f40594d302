/* SPDX-License-Identifier: MIT */
/*
 * What differs between processors, as a few functions over <sys/user.h>'s registers. One arch_*.c
 * is compiled; nothing else in the tracer asks which.
 */
#ifndef PTRACE_ARCH_ARCH_H
#define PTRACE_ARCH_ARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

#include "util/addr.h"
#include "util/error.h"

typedef struct user_regs_struct arch_regs;

/* The floating point and vector argument registers, as ptrace gives them (x86-64: FXSAVE, 512
   bytes; arm64: NT_PRFPREG, 528 bytes). */
struct arch_float_regs {
    uint64_t words[66];
};

enum { ARCH_TRAP_MAX = 4 };

/* The breakpoint instruction, and how far behind it the PC stands when it has trapped. */
extern const uint8_t arch_trap[ARCH_TRAP_MAX];
extern const size_t arch_trap_length;
extern const unsigned arch_trap_pc_offset;

/* A system call instruction, to be searched for in the vdso. */
extern const uint8_t arch_syscall_insn[ARCH_TRAP_MAX];
extern const size_t arch_syscall_insn_length;

/* An instruction that jumps to itself. */
extern const uint8_t arch_spin_insn[ARCH_TRAP_MAX];
extern const size_t arch_spin_insn_length;

/* Registers of a stopped thread. A negative errno; -ESRCH: it is gone. */
MUST_CHECK int arch_get_regs(pid_t tid, arch_regs *regs);
MUST_CHECK int arch_set_regs(pid_t tid, const arch_regs *regs);
MUST_CHECK int arch_get_float_regs(pid_t tid, struct arch_float_regs *regs);
/* Sets the PC of the thread and of *regs, which are the thread's registers; by the cheapest request
   the processor has. */
MUST_CHECK int arch_set_pc(pid_t tid, arch_regs *regs, target_addr pc);

target_addr arch_pc(const arch_regs *regs);
uint64_t arch_sp(const arch_regs *regs);

/*
 * The return slot of an activation is the address where the return address lies at its first
 * instruction (x86-64: the stack pointer), or, where it is in a register, the stack pointer itself.
 * arch_entry_slot() at a function's first instruction and arch_exit_slot() at the return address
 * give the same number for one activation.
 */
uint64_t arch_entry_slot(const arch_regs *regs);
uint64_t arch_exit_slot(const arch_regs *regs);
/* Whether the return address lies in memory at the slot; else arch_return_register() has it. */
extern const bool arch_return_in_memory;
uint64_t arch_return_register(const arch_regs *regs);
/* Address of the first stack argument at a function's first instruction. */
target_addr arch_stack_args(const arch_regs *regs);

/* At a function's first instruction: the stack pointer once it has returned. */
uint64_t arch_caller_sp(const arch_regs *regs);
/* The integer register that DWARF gives the number n; false when there is none. */
/* The number DWARF gives the return address, as rules for unwinding have it. */
extern const unsigned arch_dwarf_return_column;
bool arch_dwarf_register(const arch_regs *regs, unsigned n, uint64_t *value);

/* The n-th integer argument or return register; 0 when there is no such one. */
uint64_t arch_integer_arg(const arch_regs *regs, unsigned n);
uint64_t arch_integer_ret(const arch_regs *regs, unsigned n);
/* The first 16 bytes of the n-th floating point argument or return register; NULL when none. */
const uint8_t *arch_float_arg(const struct arch_float_regs *regs, unsigned n);
const uint8_t *arch_float_ret(const struct arch_float_regs *regs, unsigned n);
/* The x87 register st(n): 10 bytes; NULL where there is none. */
const uint8_t *arch_x87_ret(const struct arch_float_regs *regs, unsigned n);
double arch_x87_to_double(const uint8_t bytes[10]);

/* Loads a system call into the registers, with `pc` at a system call instruction. */
void arch_prepare_syscall(arch_regs *regs, target_addr pc, long number, const uint64_t args[6]);
/* Its result: a negative errno or a value. */
int64_t arch_syscall_result(const arch_regs *regs);

/*
 * Given the bytes in front of the PC of a thread that has stopped with SIGTRAP or SIGSYS, how many
 * of them are the instruction that raised it: such a signal comes behind the instruction. 0: none,
 * as with faults, which come in front of it.
 */
enum { ARCH_RAISE_BYTES = 2 };
unsigned arch_raised_behind(int signal, const uint8_t before[ARCH_RAISE_BYTES]);
/* Where no code can be: going there is SIGSEGV, with SI_KERNEL. */
extern const target_addr arch_no_code;

/*
 * At the entry of longjmp() of the C library: the stack pointers that the thread may have
 * afterwards, one for each way in which C libraries write a jmp_buf; which one holds is told by
 * whether it lies on a stack. Returns how many, 0 when the buffer cannot be read.
 */
enum { ARCH_JUMP_SPS_MAX = 2 };
unsigned arch_jump_sps(int memory, const arch_regs *regs, uint64_t sps[ARCH_JUMP_SPS_MAX]);

/* What a ucontext_t says of where a thread goes by setcontext(). */
struct arch_context {
    uint64_t sp;
    uint64_t low, high; /* the stack makecontext() was given for it; {0, 0}: another one */
};
/* At the entry of setcontext() of the C library. false when the context cannot be read. */
bool arch_context_to(int memory, const arch_regs *regs, struct arch_context *context);

/*
 * Given the `n` bytes in front of a return address, the function that a direct call there calls.
 * false when the call is indirect or not recognised.
 */
bool arch_direct_call_target(target_addr return_address, const uint8_t *before, size_t n,
                             target_addr *target);
enum { ARCH_CALL_BYTES = 5 };

#endif
