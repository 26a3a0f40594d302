/* SPDX-License-Identifier: MIT */
/* "The Arm ARM" is the Arm Architecture Reference Manual for A-profile architecture (DDI 0487). */
#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#include "ptrace/arch/arch.h"
#include "ptrace/os/memory.h"
#include "util/addr.h"

enum { INSTRUCTION = 4, FRAME_POINTER = 29, LINK = 30, RESULT = 8, SYSCALL_NUMBER = 8 };

/* brk #0 */
const uint8_t arch_trap[ARCH_TRAP_MAX] = {0x00, 0x00, 0x20, 0xd4};
const size_t arch_trap_length = INSTRUCTION;
const unsigned arch_trap_pc_offset = 0;

/* svc #0 */
const uint8_t arch_syscall_insn[ARCH_TRAP_MAX] = {0x01, 0x00, 0x00, 0xd4};
const size_t arch_syscall_insn_length = INSTRUCTION;
/* arch/arm64/kernel/signal.c: do_signal() sets the PC before get_signal() stops the thread. */
const bool arch_restarts_before_stop = true;

/* b . */
const uint8_t arch_spin_insn[ARCH_TRAP_MAX] = {0x00, 0x00, 0x00, 0x14};
const size_t arch_spin_insn_length = INSTRUCTION;

const bool arch_return_in_memory = false;

/* The registers of a thread in AArch32 state (arch/arm64/kernel/ptrace.c: REGSET_COMPAT_GPR). */
struct narrow_regs {
    uint32_t r[16], cpsr, orig_r0;
};

int arch_get_regs(pid_t tid, arch_regs *regs)
{
    struct iovec io = {regs, sizeof(*regs)};
    struct narrow_regs narrow;
    if (ptrace(PTRACE_GETREGSET, tid, (void *)NT_PRSTATUS, &io) < 0)
        return -errno;
    if (io.iov_len == sizeof(*regs))
        return 0;
    /* It executes a 32-bit program, which has no breakpoints. Only where it is matters. */
    memcpy(&narrow, regs, sizeof(narrow));
    *regs = (arch_regs){.sp = narrow.r[13], .pc = narrow.r[15]};
    return 0;
}

int arch_set_regs(pid_t tid, const arch_regs *regs)
{
    struct iovec io = {(void *)(uintptr_t)regs, sizeof(*regs)};
    return ptrace(PTRACE_SETREGSET, tid, (void *)NT_PRSTATUS, &io) < 0 ? -errno : 0;
}

int arch_get_float_regs(pid_t tid, struct arch_float_regs *regs)
{
    _Static_assert(sizeof(struct user_fpsimd_struct) <= sizeof(*regs), "NT_PRFPREG fits");
    struct iovec io = {regs, sizeof(*regs)};
    return ptrace(PTRACE_GETREGSET, tid, (void *)NT_PRFPREG, &io) < 0 ? -errno : 0;
}

/*
 * PSTATE.BTYPE says that an indirect branch has led to the PC. In a guarded page, an instruction
 * that is no landing pad then faults (the Arm ARM, D8.4 "Branch Target Identification"). The
 * instruction at the new PC is not the target of that branch, and 0 is permitted everywhere.
 */
static void move_pc(arch_regs *regs, target_addr pc)
{
    static const uint64_t BTYPE = UINT64_C(3) << 10;
    regs->pc = pc.value;
    regs->pstate &= ~BTYPE;
}

int arch_set_pc(pid_t tid, arch_regs *regs, target_addr pc)
{
    move_pc(regs, pc);
    return arch_set_regs(tid, regs);
}

target_addr arch_pc(const arch_regs *regs)
{
    return target_addr_of(regs->pc);
}

uint64_t arch_sp(const arch_regs *regs)
{
    return regs->sp;
}

/* A call leaves the stack pointer unchanged. Eight bytes below it are in the stack of the function
   called, and below all frames of its callers. */
static uint64_t call_slot(const arch_regs *regs)
{
    return regs->sp - 8;
}

uint64_t arch_entry_slot(const arch_regs *regs)
{
    return call_slot(regs);
}

uint64_t arch_exit_slot(const arch_regs *regs)
{
    return call_slot(regs);
}

uint64_t arch_return_register(const arch_regs *regs)
{
    return regs->regs[LINK];
}

/* NT_ARM_PAC_MASK (Documentation/arm64/pointer-authentication.rst): the bits that a signature
   occupies in the address of an instruction. Without pointer authentication there is no such
   register set. */
uint64_t arch_code_bits(pid_t tid)
{
    struct {
        uint64_t data, code;
    } mask = {0};
    struct iovec io = {&mask, sizeof(mask)};
    if (ptrace(PTRACE_GETREGSET, tid, (void *)NT_ARM_PAC_MASK, &io) < 0)
        return UINT64_MAX;
    return ~mask.code;
}

/* Procedure Call Standard for the Arm 64-bit Architecture (AAPCS64), 6.8.2 "Parameter passing
   rules": the next stacked argument address is initially the stack pointer. */
target_addr arch_stack_args(const arch_regs *regs)
{
    return target_addr_of(regs->sp);
}

uint64_t arch_caller_sp(const arch_regs *regs)
{
    return regs->sp;
}

/* DWARF for the Arm 64-bit Architecture, 4.1 "DWARF register names". */
enum { DWARF_SP = 31, DWARF_PC = 32 };
const unsigned arch_dwarf_return_column = LINK;
const unsigned arch_dwarf_pc = DWARF_PC;
const bool arch_signs_returns = true;

bool arch_dwarf_register(const arch_regs *regs, unsigned n, uint64_t *value)
{
    if (n > DWARF_PC)
        return false;
    *value = n == DWARF_PC ? regs->pc : n == DWARF_SP ? regs->sp : regs->regs[n];
    return true;
}

/* AAPCS64, 6.8.2 "Parameter passing rules" and 6.9 "Result return". */
enum { INTEGER_REGISTERS = 8, INTEGER_RESULTS = 2, FLOAT_REGISTERS = 8, FLOAT_RESULTS = 4 };

uint64_t arch_integer_arg(const arch_regs *regs, unsigned n)
{
    return n < INTEGER_REGISTERS ? regs->regs[n] : 0;
}

uint64_t arch_integer_ret(const arch_regs *regs, unsigned n)
{
    return n < INTEGER_RESULTS ? regs->regs[n] : 0;
}

uint64_t arch_result_address(const arch_regs *regs)
{
    return regs->regs[RESULT];
}

const uint8_t *arch_float_arg(const struct arch_float_regs *regs, unsigned n)
{
    const struct user_fpsimd_struct *simd = (const void *)regs;
    return n < FLOAT_REGISTERS ? (const uint8_t *)&simd->vregs[n] : NULL;
}

const uint8_t *arch_float_ret(const struct arch_float_regs *regs, unsigned n)
{
    return n < FLOAT_RESULTS ? arch_float_arg(regs, n) : NULL;
}

const uint8_t *arch_x87_ret(const struct arch_float_regs *regs, unsigned n)
{
    (void)regs, (void)n;
    return NULL;
}

void arch_prepare_syscall(arch_regs *regs, target_addr pc, long number, const uint64_t args[6])
{
    move_pc(regs, pc);
    regs->regs[SYSCALL_NUMBER] = (uint64_t)number;
    memcpy(regs->regs, args, 6 * sizeof(*args));
}

/* NT_ARM_SYSTEM_CALL: the number that the kernel uses; -1: not in a system call. */
static int set_syscall(pid_t tid, int number)
{
    struct iovec io = {&number, sizeof(number)};
    return ptrace(PTRACE_SETREGSET, tid, (void *)NT_ARM_SYSTEM_CALL, &io) < 0 ? -errno : 0;
}

long arch_syscall_number(const arch_regs *regs)
{
    return (long)regs->regs[SYSCALL_NUMBER];
}

int arch_replace_syscall(pid_t tid, arch_regs *regs, long number, const uint64_t args[6])
{
    arch_prepare_syscall(regs, arch_pc(regs), number, args);
    int r = arch_set_regs(tid, regs);
    return r < 0 ? r : set_syscall(tid, (int)number);
}

/* In a system call, do_signal() would take some values of x0 for its result, and restart it. */
int arch_end_syscall(pid_t tid, const arch_regs *regs)
{
    int r = arch_set_regs(tid, regs);
    return r < 0 ? r : set_syscall(tid, -1);
}

int64_t arch_syscall_result(const arch_regs *regs)
{
    return (int64_t)regs->regs[0];
}

/* The highest address: no user address space includes it. */
const target_addr arch_no_code = {UINT64_MAX & ~UINT64_C(3)};

/* A `brk` is not passed. */
unsigned arch_raise_length(int signal, const uint8_t before[ARCH_RAISE_BYTES])
{
    return signal == SIGSYS && memcmp(before, arch_syscall_insn, INSTRUCTION) == 0 ? INSTRUCTION
                                                                                   : 0;
}

unsigned arch_jump_sps(int memory, target_addr random, const arch_regs *regs,
                       uint64_t sps[ARCH_JUMP_SPS_MAX])
{
    /* glibc (sysdeps/aarch64/jmpbuf-offsets.h) and musl both store x19 to x30 first, and the stack
       pointer in the fourteenth word. glibc mangles it by xor with the pointer guard: the second
       word of AT_RANDOM (sysdeps/generic/dl-osinfo.h: _dl_setup_pointer_guard()). */
    enum { JMP_BUF_SP = 13 * 8, GUARD = 8 };
    uint64_t sp, guard;
    if (memory_read(memory, target_addr_of(regs->regs[0] + JMP_BUF_SP), &sp, sizeof(sp)) < 0)
        return 0;
    sps[0] = sp;
    if (!random.value ||
        memory_read(memory, target_addr_plus(random, GUARD), &guard, sizeof(guard)) < 0)
        return 1;
    sps[1] = sp ^ guard;
    return 2;
}

bool arch_context_to(int memory, const arch_regs *regs, struct arch_context *context)
{
    /* struct ucontext of arch/arm64/include/uapi/asm/{ucontext,sigcontext}.h, which the C libraries
       use, too: flags and link, then uc_stack (ss_sp, ss_flags, ss_size), then the signal mask of
       128 bytes; the machine context is aligned to 16 bytes and begins with the fault address and
       31 registers. */
    enum { SS_SP = 2, SS_SIZE = 4, MACHINE = 22, STACK_POINTER = MACHINE + 1 + 31, WORDS };
    uint64_t words[WORDS];
    if (memory_read(memory, target_addr_of(regs->regs[0]), words, sizeof(words)) < 0)
        return false;
    *context = (struct arch_context){.sp = words[STACK_POINTER]};
    if (words[STACK_POINTER] - words[SS_SP] <= words[SS_SIZE]) {
        context->low = words[SS_SP];
        context->high = words[SS_SP] + words[SS_SIZE];
    }
    return true;
}

/* BL: bits 31 to 26 are 100101, then a signed distance in instructions (the Arm ARM, C6.2). */
bool arch_direct_call_target(target_addr return_address, const uint8_t *before, size_t n,
                             target_addr *target)
{
    enum { OPCODE_SHIFT = 26, BL = 0x25 };
    uint32_t instruction;
    if (n < INSTRUCTION)
        return false;
    memcpy(&instruction, before + n - INSTRUCTION, INSTRUCTION);
    if (instruction >> OPCODE_SHIFT != BL)
        return false;
    int64_t distance =
        (int64_t)((uint64_t)instruction << (64 - OPCODE_SHIFT)) >> (64 - OPCODE_SHIFT);
    *target = target_addr_plus(return_address, distance * INSTRUCTION - INSTRUCTION);
    return true;
}

uint64_t arch_cycle_counter(void)
{
    uint64_t count;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(count));
    return count;
}

/* The flag of a step is not visible to the program. */
bool arch_hide_step(int memory, const arch_regs *before, arch_regs *after)
{
    (void)memory;
    (void)before;
    (void)after;
    return false;
}

/* For jumps, which do not exist here. */
bool arch_saved_sp(const uint64_t words[ARCH_SAVED_WORDS], uint64_t *sp)
{
    (void)words;
    (void)sp;
    return false;
}

uint64_t arch_thread_pointer(const arch_regs *regs)
{
    (void)regs; /* TPIDR_EL0 is in another register set */
    return 0;
}

/* No jumps are planted yet, and displaced calls keep out of it: see displaced.c. */
bool arch_has_shadow_stack(pid_t tid)
{
    (void)tid;
    return false;
}
