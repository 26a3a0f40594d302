/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>

#include "ptrace/arch/arch.h"
#include "ptrace/os/memory.h"
#include "util/addr.h"
#include "util/log.h"

const uint8_t arch_trap[ARCH_TRAP_MAX] = {0xcc};
const size_t arch_trap_length = 1;
const unsigned arch_trap_pc_offset = 1;

const uint8_t arch_syscall_insn[ARCH_TRAP_MAX] = {0x0f, 0x05};
const size_t arch_syscall_insn_length = 2;
const bool arch_restarts_before_stop = false;

const uint8_t arch_spin_insn[ARCH_TRAP_MAX] = {0xeb, 0xfe};
const size_t arch_spin_insn_length = 2;

const bool arch_return_in_memory = true;

int arch_get_regs(pid_t tid, arch_regs *regs)
{
    return ptrace(PTRACE_GETREGS, tid, NULL, regs) < 0 ? -errno : 0;
}

int arch_set_regs(pid_t tid, const arch_regs *regs)
{
    return ptrace(PTRACE_SETREGS, tid, NULL, regs) < 0 ? -errno : 0;
}

int arch_get_float_regs(pid_t tid, struct arch_float_regs *regs)
{
    _Static_assert(sizeof(struct user_fpregs_struct) <= sizeof(*regs), "FXSAVE fits");
    return ptrace(PTRACE_GETFPREGS, tid, NULL, regs) < 0 ? -errno : 0;
}

int arch_set_pc(pid_t tid, arch_regs *regs, target_addr pc)
{
    regs->rip = pc.value;
    if (ptrace(PTRACE_POKEUSER, tid, offsetof(struct user, regs.rip), pc.value) < 0)
        return -errno;
    return 0;
}

target_addr arch_pc(const arch_regs *regs)
{
    return target_addr_of(regs->rip);
}

uint64_t arch_sp(const arch_regs *regs)
{
    return regs->rsp;
}

uint64_t arch_entry_slot(const arch_regs *regs)
{
    return regs->rsp;
}

uint64_t arch_exit_slot(const arch_regs *regs)
{
    return regs->rsp - 8; /* `ret` has popped the return address */
}

uint64_t arch_return_register(const arch_regs *regs)
{
    (void)regs;
    return 0;
}

uint64_t arch_code_bits(pid_t tid)
{
    (void)tid;
    return UINT64_MAX;
}

target_addr arch_stack_args(const arch_regs *regs)
{
    return target_addr_of(regs->rsp + 8);
}

uint64_t arch_caller_sp(const arch_regs *regs)
{
    return regs->rsp + 8;
}

const unsigned arch_dwarf_return_column = 16;
const unsigned arch_dwarf_pc = 16;
const bool arch_signs_returns = false;

/* System V ABI, AMD64 Architecture Processor Supplement, 3.6.2 "DWARF Register Number Mapping". */
bool arch_dwarf_register(const arch_regs *regs, unsigned n, uint64_t *value)
{
    const uint64_t numbered[] = {regs->rax, regs->rdx, regs->rcx, regs->rbx, regs->rsi, regs->rdi,
                                 regs->rbp, regs->rsp, regs->r8,  regs->r9,  regs->r10, regs->r11,
                                 regs->r12, regs->r13, regs->r14, regs->r15, regs->rip};
    if (n >= sizeof(numbered) / sizeof(numbered[0]))
        return false;
    *value = numbered[n];
    return true;
}

/* System V ABI, AMD64 Architecture Processor Supplement, 3.2.3 "Parameter Passing". */
uint64_t arch_integer_arg(const arch_regs *regs, unsigned n)
{
    switch (n) {
    case 0:
        return regs->rdi;
    case 1:
        return regs->rsi;
    case 2:
        return regs->rdx;
    case 3:
        return regs->rcx;
    case 4:
        return regs->r8;
    case 5:
        return regs->r9;
    default:
        return 0;
    }
}

uint64_t arch_integer_ret(const arch_regs *regs, unsigned n)
{
    return n == 0 ? regs->rax : n == 1 ? regs->rdx : 0;
}

const uint8_t *arch_float_arg(const struct arch_float_regs *regs, unsigned n)
{
    const struct user_fpregs_struct *fx = (const void *)regs;
    return n < 8 ? (const uint8_t *)fx->xmm_space + (size_t)n * 16 : NULL;
}

const uint8_t *arch_float_ret(const struct arch_float_regs *regs, unsigned n)
{
    return n < 2 ? arch_float_arg(regs, n) : NULL;
}

const uint8_t *arch_x87_ret(const struct arch_float_regs *regs, unsigned n)
{
    /* FXSAVE keeps the stack in st(i) order (Intel SDM volume 1, 10.5.1). */
    const struct user_fpregs_struct *fx = (const void *)regs;
    return n < 2 ? (const uint8_t *)fx->st_space + (size_t)n * 16 : NULL;
}

/* The hidden first argument. */
uint64_t arch_result_address(const arch_regs *regs)
{
    return regs->rdi;
}

void arch_prepare_syscall(arch_regs *regs, target_addr pc, long number, const uint64_t args[6])
{
    regs->rip = pc.value;
    regs->rax = (uint64_t)number;
    /* Not in a system call: the kernel must not restart an interrupted one when the thread
       resumes. */
    regs->orig_rax = (uint64_t)-1;
    regs->rdi = args[0];
    regs->rsi = args[1];
    regs->rdx = args[2];
    regs->r10 = args[3];
    regs->r8 = args[4];
    regs->r9 = args[5];
}

long arch_syscall_number(const arch_regs *regs)
{
    return (long)regs->orig_rax;
}

int arch_replace_syscall(pid_t tid, arch_regs *regs, long number, const uint64_t args[6])
{
    arch_prepare_syscall(regs, arch_pc(regs), number, args);
    regs->orig_rax = (uint64_t)number;
    return arch_set_regs(tid, regs);
}

/* Whether they are the result of an interrupted system call is in orig_rax. */
int arch_end_syscall(pid_t tid, const arch_regs *regs)
{
    return arch_set_regs(tid, regs);
}

int64_t arch_syscall_result(const arch_regs *regs)
{
    return (int64_t)regs->rax;
}

/* A non-canonical address. */
const target_addr arch_no_code = {UINT64_C(1) << 63};

unsigned arch_raise_length(int signal, const uint8_t before[ARCH_RAISE_BYTES])
{
    enum { INT3 = 0xcc, INT1 = 0xf1, INT = 0xcd, ESCAPE = 0x0f, SYSCALL = 0x05, SYSENTER = 0x34 };
    uint8_t last = before[ARCH_RAISE_BYTES - 1], first = before[ARCH_RAISE_BYTES - 2];
    if (signal == SIGTRAP)
        return last == INT3 || last == INT1 ? 1 : first == INT && last == 3 ? 2 : 0;
    if (signal == SIGSYS)
        return (first == ESCAPE && (last == SYSCALL || last == SYSENTER)) ||
                       (first == INT && last == 0x80)
                   ? 2
                   : 0;
    return 0;
}

unsigned arch_jump_sps(int memory, target_addr random, const arch_regs *regs,
                       uint64_t sps[ARCH_JUMP_SPS_MAX])
{
    /* glibc and musl both store rbx, rbp, r12 to r15, rsp, rip. glibc mangles the last two and rbp:
       xor with the word at %fs:0x30, then rotate left by 17 (sysdeps/unix/sysv/linux/x86_64/
       pointer_guard.h). */
    enum { JMP_BUF_RSP = 6 * 8, POINTER_GUARD = 0x30, ROTATED = 17 };
    uint64_t rsp, guard;
    (void)random;
    if (memory_read(memory, target_addr_of(regs->rdi + JMP_BUF_RSP), &rsp, sizeof(rsp)) < 0)
        return 0;
    sps[0] = rsp;
    if (memory_read(memory, target_addr_of(regs->fs_base + POINTER_GUARD), &guard, sizeof(guard)) <
        0)
        return 1;
    sps[1] = (rsp >> ROTATED | rsp << (64 - ROTATED)) ^ guard;
    return 2;
}

bool arch_context_to(int memory, const arch_regs *regs, struct arch_context *context)
{
    /* struct ucontext of linux/arch/x86/include/uapi/asm/{ucontext,sigcontext}.h, which the C
       libraries use, too: flags and link, then uc_stack (ss_sp, ss_flags, ss_size), then the
       registers; rsp is the sixteenth. */
    enum { SS_SP = 2, SS_SIZE = 4, RSP = 5 + 15, WORDS };
    uint64_t words[WORDS];
    if (memory_read(memory, target_addr_of(regs->rdi), words, sizeof(words)) < 0)
        return false;
    *context = (struct arch_context){.sp = words[RSP]};
    if (words[RSP] - words[SS_SP] <= words[SS_SIZE]) {
        context->low = words[SS_SP];
        context->high = words[SS_SP] + words[SS_SIZE];
    }
    return true;
}

bool arch_direct_call_target(target_addr return_address, const uint8_t *before, size_t n,
                             target_addr *target)
{
    if (n < 5 || before[n - 5] != 0xe8) /* call rel32 */
        return false;
    int32_t displacement;
    memcpy(&displacement, before + n - 4, sizeof(displacement));
    *target = target_addr_plus(return_address, displacement);
    return true;
}

/* The opcode at the PC, behind prefixes. */
static bool read_opcode(int memory, const arch_regs *regs, uint8_t *opcode)
{
    enum { OPERAND_SIZE = 0x66, REX = 0x40, REX_MASK = 0xf0 };
    uint8_t code[3];
    size_t i = 0;
    if (memory_read(memory, target_addr_of(regs->rip), code, sizeof(code)) < 0)
        return false;
    i += code[i] == OPERAND_SIZE;
    i += (code[i] & REX_MASK) == REX;
    *opcode = code[i];
    return true;
}

bool arch_hide_step(int memory, const arch_regs *before, arch_regs *after)
{
    enum { TRAP_FLAG = 0x100, PUSHF = 0x9c, POPF = 0x9d, IRET = 0xcf };
    uint8_t opcode;
    uint16_t flags;
    bool sets = !(before->eflags & TRAP_FLAG) && after->eflags & TRAP_FLAG;
    bool pushes = !(before->eflags & TRAP_FLAG) && after->rsp < before->rsp;
    if ((!sets && !pushes) || after->rip == before->rip || !read_opcode(memory, before, &opcode))
        return false;
    if (pushes && opcode == PUSHF &&
        memory_read(memory, target_addr_of(after->rsp), &flags, sizeof(flags)) == 0) {
        flags &= (uint16_t)~TRAP_FLAG;
        if (memory_write(memory, target_addr_of(after->rsp), &flags, sizeof(flags)) < 0)
            log_debug("the trap flag stays on the stack: %s", strerror(errno));
    }
    if (!sets || opcode == POPF || opcode == IRET)
        return false;
    after->eflags &= ~(unsigned long long)TRAP_FLAG;
    return true;
}

uint64_t arch_cycle_counter(void)
{
    return __builtin_ia32_rdtsc();
}

/* struct sigcontext (asm/sigcontext.h): rsp, rip, eflags, and 16 bits each of cs, gs, fs and ss, of
   which setup_sigcontext() in arch/x86/kernel/signal_64.c sets gs and fs to 0. */
bool arch_saved_sp(const uint64_t words[ARCH_SAVED_WORDS], uint64_t *sp)
{
    enum { USER_CS = 0x33, EFLAGS_ALWAYS = 2 };
    if ((words[3] & UINT64_C(0xffffffffffff)) != USER_CS || words[2] >> 32 ||
        !(words[2] & EFLAGS_ALWAYS))
        return false;
    *sp = words[0];
    return true;
}

uint64_t arch_thread_pointer(const arch_regs *regs)
{
    return regs->fs_base;
}

/* The regset has no data while the shadow stack is off (ssp_active(), in the kernel's
   arch/x86/kernel/fpu/regset.c). */
bool arch_has_shadow_stack(pid_t tid)
{
    enum { X86_SHSTK = 0x204 }; /* NT_X86_SHSTK in <linux/elf.h> */
    uint64_t ssp;
    struct iovec data = {.iov_base = &ssp, .iov_len = sizeof(ssp)};
    return ptrace(PTRACE_GETREGSET, tid, (void *)(uintptr_t)X86_SHSTK, &data) == 0;
}
