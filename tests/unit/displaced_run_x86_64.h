/* SPDX-License-Identifier: MIT */
/*
 * Runs instructions in a child process: natively at their own address, or as a displaced copy, from
 * the same state of registers, flags, vector registers and memory, and returns the state
 * afterwards. All code around is int3, so that a thread stops at once wherever it goes.
 */
#ifndef DISPLACED_RUN_X86_64_H
#define DISPLACED_RUN_X86_64_H

#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit/check_main.h"

/* All of it is shared with the child, at the same addresses in both. */
#define RUN_CODE      UINT64_C(0x10000000)
#define RUN_DATA      UINT64_C(0x10010000)
#define RUN_STACK     UINT64_C(0x30000000)
#define RUN_NEAR_SLOT UINT64_C(0x20000000)
#define RUN_FAR_SLOT  UINT64_C(0x500000000000)
#define RUN_AREA      UINT64_C(0x1000)
/* The first instruction ends here, so that 0x10000 from its end is aligned. */
#define RUN_SITE_END (RUN_CODE + 0x800)

enum { XSTATE_MAX = 8192, TRAP_FLAG = 0x100, RESUME_FLAG = 0x10000 };

struct outcome {
    int signal;  /* SIGTRAP: it hit an int3, or was single-stepped */
    uint64_t pc; /* of the int3, of the fault, or after the step */
    struct user_regs_struct regs;
    uint8_t xstate[XSTATE_MAX];
    uint8_t data[RUN_AREA], stack[RUN_AREA];
};

struct runner {
    pid_t child;
    struct user_regs_struct regs; /* the initial state */
    uint8_t xstate[XSTATE_MAX];
    size_t xstate_size;
};

static inline void *run_area(uint64_t address)
{
    return (void *)(uintptr_t)address;
}

static inline void runner_map(uint64_t address, int protection)
{
    void *got = mmap(run_area(address), RUN_AREA, protection,
                     MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    ck_assert_ptr_eq(got, run_area(address));
}

static inline void runner_ptrace(struct runner *runner, int request, void *addr, void *data)
{
    ck_assert_msg(ptrace(request, runner->child, addr, data) == 0, "ptrace request %d: %s", request,
                  strerror(errno));
}

static inline int runner_wait(struct runner *runner)
{
    int status;
    /* libFuzzer has a timer. */
    ck_assert_int_eq(TEMP_FAILURE_RETRY(waitpid(runner->child, &status, 0)), runner->child);
    ck_assert_msg(WIFSTOPPED(status), "the child ended with status 0x%x", (unsigned)status);
    return WSTOPSIG(status);
}

static inline void runner_start(struct runner *runner)
{
    const int all = PROT_READ | PROT_WRITE | PROT_EXEC;
    struct iovec vector = {runner->xstate, XSTATE_MAX};
    memset(runner, 0, sizeof(*runner));
    runner_map(RUN_CODE, all);
    runner_map(RUN_NEAR_SLOT, all);
    runner_map(RUN_FAR_SLOT, all);
    runner_map(RUN_DATA, PROT_READ | PROT_WRITE);
    runner_map(RUN_STACK, PROT_READ | PROT_WRITE);
    runner->child = fork();
    ck_assert_int_ge(runner->child, 0);
    if (runner->child == 0) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        raise(SIGSTOP);
        _exit(1);
    }
    ck_assert_int_eq(runner_wait(runner), SIGSTOP);
    runner_ptrace(runner, PTRACE_SETOPTIONS, NULL, (void *)PTRACE_O_EXITKILL);
    runner_ptrace(runner, PTRACE_GETREGS, NULL, &runner->regs);
    runner_ptrace(runner, PTRACE_GETREGSET, (void *)NT_X86_XSTATE, &vector);
    runner->xstate_size = vector.iov_len;
    /* Non-zero values in all x87 and SSE registers (SDM volume 1, figure 13-1): st0 at 32, xmm0 at
       160; the header's first word at 512 marks them as in use. */
    for (unsigned i = 0; i < 16 * 16; i++)
        runner->xstate[160 + i] = (uint8_t)(i * 7 + 1);
    runner->xstate[512] |= 3;
}

static inline void runner_stop(struct runner *runner)
{
    kill(runner->child, SIGKILL);
    waitpid(runner->child, NULL, 0);
}

/* Initial registers: pointers to data and code, and variations of flags and counts. */
enum { RUN_VARIANTS = 4 };

static inline void runner_reset(struct runner *runner, unsigned variant)
{
    static const uint64_t rcx[RUN_VARIANTS] = {3, 1, 0, UINT64_C(0x100000000)};
    struct user_regs_struct *regs = &runner->regs;
    regs->rax = RUN_DATA + 0x100;
    regs->rbx = RUN_DATA + 0x200;
    regs->rcx = rcx[variant];
    regs->rdx = UINT64_C(0x1122334455667788);
    regs->rsi = RUN_DATA + 0x300;
    regs->rdi = RUN_DATA + 0x400;
    regs->rsp = RUN_STACK + 0x800;
    regs->rbp = RUN_STACK + 0x900;
    regs->r8 = UINT64_C(0x8888888800000008);
    regs->r9 = UINT64_C(0xffffffffffffffff);
    regs->r10 = 0;
    regs->r11 = RUN_CODE + 0xd00;
    regs->r12 = RUN_DATA + 0x500;
    regs->r13 = RUN_DATA + 0x600;
    regs->r14 = UINT64_C(0xeeeeeeee0000000e);
    regs->r15 = UINT64_C(0xffffffff0000000f);
    regs->fs_base = RUN_DATA + 0x700;
    regs->gs_base = RUN_DATA + 0x900;
    regs->eflags = variant % 2 ? 0xad7 : 0x202; /* CF PF AF ZF SF OF, or none; and IF */
    regs->orig_rax = (unsigned long long)-1;    /* no system call to restart */

    /* Each word of data is a different code address; those on the stack do not make popf set the
       trap flag. */
    uint64_t *data = run_area(RUN_DATA), *stack = run_area(RUN_STACK);
    for (unsigned i = 0; i < RUN_AREA / 8; i++) {
        data[i] = RUN_CODE + 0xa00 + i;
        stack[i] = RUN_CODE + 0x600 + i % 0x100;
    }
}

static inline void runner_load(uint64_t address, const void *bytes, size_t n)
{
    memset(run_area(address & ~(RUN_AREA - 1)), 0xcc, RUN_AREA);
    memcpy(run_area(address), bytes, n);
}

static inline void runner_set(struct runner *runner, uint64_t pc)
{
    struct iovec vector = {runner->xstate, runner->xstate_size};
    runner->regs.rip = pc;
    runner_ptrace(runner, PTRACE_SETREGS, NULL, &runner->regs);
    runner_ptrace(runner, PTRACE_SETREGSET, (void *)NT_X86_XSTATE, &vector);
}

static inline void runner_get(struct runner *runner, int signal, bool stepped,
                              struct outcome *outcome)
{
    struct iovec vector = {outcome->xstate, XSTATE_MAX};
    memset(outcome, 0, sizeof(*outcome));
    outcome->signal = signal;
    runner_ptrace(runner, PTRACE_GETREGS, NULL, &outcome->regs);
    runner_ptrace(runner, PTRACE_GETREGSET, (void *)NT_X86_XSTATE, &vector);
    memset(outcome->xstate + 8, 0, 8); /* the x87 instruction pointer */
    outcome->pc = outcome->regs.rip - (signal == SIGTRAP && !stepped);
    outcome->regs.rip = 0;
    outcome->regs.orig_rax = 0;
    outcome->regs.eflags &= ~(unsigned long long)(TRAP_FLAG | RESUME_FLAG);
    memcpy(outcome->data, run_area(RUN_DATA), RUN_AREA);
    memcpy(outcome->stack, run_area(RUN_STACK), RUN_AREA);
}

/* Continues the child until it stops. */
static inline void runner_go(struct runner *runner, bool step, struct outcome *outcome)
{
    runner_ptrace(runner, step ? PTRACE_SINGLESTEP : PTRACE_CONT, NULL, NULL);
    int signal = runner_wait(runner);
    runner_get(runner, signal, step, outcome);
}

/* Fails the test if the two differ. */
static inline void outcome_compare(const char *what, const struct outcome *native,
                                   const struct outcome *displaced)
{
    ck_assert_msg(native->signal == displaced->signal, "%s: signal %d, natively %d", what,
                  displaced->signal, native->signal);
    ck_assert_msg(native->pc == displaced->pc, "%s: PC 0x%lx, natively 0x%lx", what, displaced->pc,
                  native->pc);
    const unsigned long long *a = (const void *)&native->regs, *b = (const void *)&displaced->regs;
    for (unsigned i = 0; i < sizeof(native->regs) / sizeof(*a); i++)
        ck_assert_msg(a[i] == b[i], "%s: word %u of the registers is 0x%llx, natively 0x%llx", what,
                      i, b[i], a[i]);
    ck_assert_msg(memcmp(native->xstate, displaced->xstate, XSTATE_MAX) == 0,
                  "%s: vector registers differ", what);
    ck_assert_msg(memcmp(native->data, displaced->data, RUN_AREA) == 0, "%s: data differ", what);
    ck_assert_msg(memcmp(native->stack, displaced->stack, RUN_AREA) == 0, "%s: stacks differ",
                  what);
}

#endif
