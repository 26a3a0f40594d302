/* SPDX-License-Identifier: MIT */
/*
 * What differs between processors: functions on the registers of <sys/user.h>. One directory of
 * src/ptrace/arch is compiled. No other file depends on the processor.
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

/* The floating point and vector argument registers, as ptrace(2) returns them (x86-64: FXSAVE, 512
   bytes; arm64: NT_PRFPREG, 528 bytes). */
struct arch_float_regs {
    uint64_t words[66];
};

enum { ARCH_TRAP_MAX = 4 };

/* The breakpoint instruction, and the distance from its first byte to the PC after its trap. */
extern const uint8_t arch_trap[ARCH_TRAP_MAX];
extern const size_t arch_trap_length;
extern const unsigned arch_trap_pc_offset;

/* A system call instruction, to search for in the vdso. */
extern const uint8_t arch_syscall_insn[ARCH_TRAP_MAX];
extern const size_t arch_syscall_insn_length;
/* Where a thread is stopped whose system call was interrupted and will be restarted: with the PC at
   the instruction and the arguments in their registers (true), or behind it, with the kernel's
   internal error code as the result (false). */
extern const bool arch_restarts_before_stop;

/* An instruction that jumps to itself. */
extern const uint8_t arch_spin_insn[ARCH_TRAP_MAX];
extern const size_t arch_spin_insn_length;

/* Registers of a stopped thread. A negative errno; -ESRCH: the thread is gone. */
MUST_CHECK int arch_get_regs(pid_t tid, arch_regs *regs);
MUST_CHECK int arch_set_regs(pid_t tid, const arch_regs *regs);
MUST_CHECK int arch_get_float_regs(pid_t tid, struct arch_float_regs *regs);
/* Sets the PC of the thread and of *regs, which must be the thread's registers. Uses the
   processor's cheapest request. */
MUST_CHECK int arch_set_pc(pid_t tid, arch_regs *regs, target_addr pc);

target_addr arch_pc(const arch_regs *regs);
uint64_t arch_sp(const arch_regs *regs);

/*
 * The return slot of a call is the address of its return address at the function's first
 * instruction (x86-64: the stack pointer). If the return address is in a register, it is an address
 * of the function called: below the stack pointer of the caller. arch_entry_slot() at the first
 * instruction and arch_exit_slot() at the return address give the same value for one call.
 */
uint64_t arch_entry_slot(const arch_regs *regs);
uint64_t arch_exit_slot(const arch_regs *regs);
/* Whether the return address is in memory, at the slot. If not, arch_return_register() returns
   it, and calls that are open at the same time may have the same slot. */
extern const bool arch_return_in_memory;
uint64_t arch_return_register(const arch_regs *regs);
/* The bits of a return address that are the address; the others may hold a signature. For a stopped
   thread. */
uint64_t arch_code_bits(pid_t tid);
/* Whether the stopped thread's calls and returns are checked by a stack that ordinary instructions
   cannot write to. */
bool arch_has_shadow_stack(pid_t tid);
/* At a function's first instruction: the address of the first stack argument. */
target_addr arch_stack_args(const arch_regs *regs);

/* At a function's first instruction: the stack pointer after the return. */
uint64_t arch_caller_sp(const arch_regs *regs);
/* The DWARF number of the return address column in unwind rules. */
extern const unsigned arch_dwarf_return_column;
/* The number that libunwind uses for the PC. If it is not the return address column, that column is
   a register of its own, in which a function gets its return address. */
extern const unsigned arch_dwarf_pc;
/* Whether return addresses may be signed: see arch_code_bits(). */
extern const bool arch_signs_returns;
/* The integer register with the DWARF number n. false: none. */
bool arch_dwarf_register(const arch_regs *regs, unsigned n, uint64_t *value);

/* The n-th integer argument or return register; 0 if there is none. */
uint64_t arch_integer_arg(const arch_regs *regs, unsigned n);
uint64_t arch_integer_ret(const arch_regs *regs, unsigned n);
/* The first 16 bytes of the n-th floating point argument or return register; NULL if there is
   none. */
const uint8_t *arch_float_arg(const struct arch_float_regs *regs, unsigned n);
const uint8_t *arch_float_ret(const struct arch_float_regs *regs, unsigned n);
/* The x87 register st(n), 10 bytes; NULL if there is none. */
const uint8_t *arch_x87_ret(const struct arch_float_regs *regs, unsigned n);
/* At a function's first instruction: the address for a result in memory, which the caller has
   passed if the result is in memory. */
uint64_t arch_result_address(const arch_regs *regs);

/* Sets the registers for a system call, with `pc` at a system call instruction. */
void arch_prepare_syscall(arch_regs *regs, target_addr pc, long number, const uint64_t args[6]);
/* At a syscall-enter-stop: the number of the system call. */
long arch_syscall_number(const arch_regs *regs);
/* At a syscall-enter-stop: replaces the thread's system call. *regs are its registers. A negative
   errno. */
MUST_CHECK int arch_replace_syscall(pid_t tid, arch_regs *regs, long number,
                                    const uint64_t args[6]);
/* At the syscall-exit-stop of a call that was prepared or replaced: sets the registers with which
   the thread continues. They are not the result of a system call. A negative errno. */
MUST_CHECK int arch_end_syscall(pid_t tid, const arch_regs *regs);
/* The result of that system call: a value or a negative errno. */
int64_t arch_syscall_result(const arch_regs *regs);

/*
 * The length of the instruction that raised SIGTRAP or SIGSYS in a stopped thread, from the bytes
 * before its PC: after these signals the PC is behind the instruction. 0: none, as after a fault,
 * where the PC is at the instruction.
 */
enum { ARCH_RAISE_BYTES = 4 };
unsigned arch_raise_length(int signal, const uint8_t before[ARCH_RAISE_BYTES]);
/*
 * After a single step: takes out of the program's memory what shows it, and out of *after. `before`
 * and `after` are the thread's registers; true: those of the thread are to be set to *after.
 * x86-64: the step is made with the trap flag, which pushf pushes. Of a step that follows one over
 * a popf, Linux takes the flag for the program's own (enable_single_step() in
 * arch/x86/kernel/step.c), and leaves it set.
 */
bool arch_hide_step(int memory, const arch_regs *before, arch_regs *after);
/* An address without code: a jump to it raises SIGSEGV, on x86-64 with SI_KERNEL. */
extern const target_addr arch_no_code;

/*
 * At the entry of the C library's longjmp(): the stack pointers that the thread may have
 * afterwards, one for each known format of jmp_buf. The right one is on a stack. `random`: the
 * address of the process's 16 random bytes (getauxval(3): AT_RANDOM), 0 if not known. Returns how
 * many, 0 if the buffer cannot be read.
 */
enum { ARCH_JUMP_SPS_MAX = 2 };
unsigned arch_jump_sps(int memory, target_addr random, const arch_regs *regs,
                       uint64_t sps[ARCH_JUMP_SPS_MAX]);

/* Where setcontext() continues, from its ucontext_t. */
struct arch_context {
    uint64_t sp;
    uint64_t low, high; /* the stack given to makecontext(); {0, 0}: another stack */
};
/* At the entry of the C library's setcontext(). false: the context cannot be read. */
bool arch_context_to(int memory, const arch_regs *regs, struct arch_context *context);

/* The processor's time counter, as stubs read it (x86-64: rdtsc). */
uint64_t arch_cycle_counter(void);
/* The thread pointer in the registers of a stopped thread (x86-64: the base of FS). 0: not known.
 */
uint64_t arch_thread_pointer(const arch_regs *regs);

/*
 * Whether the words, from anywhere on a stack, are registers that the kernel has saved there for a
 * signal handler: then, the stack pointer of what the handler has interrupted.
 */
enum { ARCH_SAVED_WORDS = 4 };
bool arch_saved_sp(const uint64_t words[ARCH_SAVED_WORDS], uint64_t *sp);

/*
 * The target of the direct call that ends in the n bytes before a return address. false: the call
 * is indirect or not recognised.
 */
bool arch_direct_call_target(target_addr return_address, const uint8_t *before, size_t n,
                             target_addr *target);
enum { ARCH_CALL_BYTES = 5 };

#endif
