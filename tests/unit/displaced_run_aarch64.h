/* SPDX-License-Identifier: MIT */
/*
 * Runs A64 instructions in a child process: natively at their own address, or as a displaced copy,
 * from the same state of registers, flags and memory, and returns the state afterwards. All code
 * around is `brk`, so that a thread stops at once wherever it goes.
 */
#ifndef DISPLACED_RUN_AARCH64_H
#define DISPLACED_RUN_AARCH64_H

#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit/check_main.h"

/* All of it is shared with the child, at the same addresses in both. */
#define RUN_CODE       UINT64_C(0x10000000)
#define RUN_NEAR_SLOT  UINT64_C(0x10080000) /* within reach of LDR (literal) */
#define RUN_FAR_SLOT   UINT64_C(0x17000000) /* 112 MiB */
#define RUN_DATA       UINT64_C(0x20000000)
#define RUN_STACK      UINT64_C(0x30000000)
#define RUN_AREA       UINT64_C(0x1000)
#define RUN_SITE       (RUN_CODE + 0x800)
#define RUN_LANDING    (RUN_CODE + 0xc00) /* bti c */
#define RUN_NO_LANDING (RUN_CODE + 0xd00) /* what is no landing pad */

#ifndef PROT_BTI
#define PROT_BTI 0x10
#endif
#ifndef HWCAP2_BTI
#define HWCAP2_BTI (1 << 17)
#endif

/* Of PSTATE, as in SPSR_EL1. The kernel changes SSBS. */
enum { RUN_SS = 1 << 21, RUN_SSBS = 1 << 12, RUN_BTYPE_SHIFT = 10, RUN_NZCV_SHIFT = 28 };
#define RUN_BTYPE (UINT64_C(3) << RUN_BTYPE_SHIFT)

static const uint32_t run_brk = 0xd4200000, run_bti_c = 0xd503245f;
static const uint32_t run_count = 0x91000529; /* add x9, x9, #1 */

struct outcome {
    int signal;
    int code;    /* si_code */
    uint64_t pc; /* of the brk, of the fault, or after the step */
    struct user_regs_struct regs;
    struct user_fpsimd_struct simd;
    uint8_t data[RUN_AREA], stack[RUN_AREA];
};

struct runner {
    pid_t child;
    struct user_regs_struct regs; /* the initial state */
    struct user_fpsimd_struct simd;
    bool guarded;
};

static inline void *run_area(uint64_t address)
{
    return (void *)(uintptr_t)address;
}

static inline void runner_map(uint64_t address, int protection)
{
    void *got = mmap(run_area(address), RUN_AREA, protection,
                     MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    ck_assert_msg(got == run_area(address), "mmap at 0x%lx: %s", address, strerror(errno));
}

static inline void runner_ptrace(struct runner *runner, int request, void *addr, void *data)
{
    ck_assert_msg(ptrace(request, runner->child, addr, data) == 0, "ptrace request %d: %s", request,
                  strerror(errno));
}

static inline void runner_set_of(struct runner *runner, int request, uintptr_t set, void *data,
                                 size_t size)
{
    struct iovec vector = {data, size};
    runner_ptrace(runner, request, (void *)set, &vector);
}

static inline int runner_wait(struct runner *runner)
{
    int status;
    ck_assert_int_eq(waitpid(runner->child, &status, 0), runner->child);
    ck_assert_msg(WIFSTOPPED(status), "the child ended with status 0x%x", (unsigned)status);
    return WSTOPSIG(status);
}

/* guarded: with PROT_BTI, as the code of programs for Branch Target Identification. */
static inline void runner_start(struct runner *runner, bool guarded)
{
    const int all = PROT_READ | PROT_WRITE | PROT_EXEC;
    memset(runner, 0, sizeof(*runner));
    runner->guarded = guarded;
    runner_map(RUN_CODE, all | (guarded ? PROT_BTI : 0));
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
    runner_set_of(runner, PTRACE_GETREGSET, NT_PRSTATUS, &runner->regs, sizeof(runner->regs));
    runner_set_of(runner, PTRACE_GETREGSET, NT_PRFPREG, &runner->simd, sizeof(runner->simd));
    for (size_t i = 0; i < sizeof(runner->simd.vregs); i++)
        ((uint8_t *)runner->simd.vregs)[i] = (uint8_t)(i * 7 + 1);
}

static inline void runner_stop(struct runner *runner)
{
    kill(runner->child, SIGKILL);
    waitpid(runner->child, NULL, 0);
    munmap(run_area(RUN_CODE), RUN_AREA);
    munmap(run_area(RUN_NEAR_SLOT), RUN_AREA);
    munmap(run_area(RUN_FAR_SLOT), RUN_AREA);
    munmap(run_area(RUN_DATA), RUN_AREA);
    munmap(run_area(RUN_STACK), RUN_AREA);
}

/*
 * Initial registers: pointers to data and code, and variations of flags and tested bits. BTYPE is
 * that of a function called by BLR: the engine sends a thread to a slot with the PSTATE it had when
 * it trapped. In a guarded page only a landing pad can be reached like this.
 */
enum { RUN_VARIANTS = 16 };

static inline void runner_reset(struct runner *runner, uint32_t word, unsigned variant)
{
    bool is_landing_pad = (word & 0xffffffbf) == 0xd503233f; /* paciasp, pacibsp */
    static const uint64_t tested[4] = {0, UINT64_MAX, UINT64_C(1) << 32, UINT32_MAX};
    struct user_regs_struct *regs = &runner->regs;
    for (unsigned i = 0; i < 31; i++)
        regs->regs[i] = i < 8              ? RUN_DATA + 0x100 * (i + 1)
                        : i == 8 || i > 15 ? RUN_LANDING
                                           : 0x1111111100000000 * i + i;
    regs->regs[10] = tested[variant % 4];
    regs->sp = RUN_STACK + 0x800;
    regs->pstate &= ~(UINT64_C(15) << RUN_NZCV_SHIFT | RUN_BTYPE | RUN_SS);
    regs->pstate |= (uint64_t)variant << RUN_NZCV_SHIFT;
    if (!runner->guarded || is_landing_pad)
        regs->pstate |= UINT64_C(2) << RUN_BTYPE_SHIFT;
    for (unsigned i = 0; i < RUN_AREA / 8; i++) {
        ((uint64_t *)run_area(RUN_DATA))[i] = RUN_DATA + 8 * i;
        ((uint64_t *)run_area(RUN_STACK))[i] = RUN_STACK + 8 * i;
    }
}

/* Fills an area with brk. */
static inline void runner_clear(uint64_t area)
{
    for (unsigned i = 0; i < RUN_AREA / 4; i++)
        ((uint32_t *)run_area(area))[i] = run_brk;
    __builtin___clear_cache(run_area(area), run_area(area + RUN_AREA));
}

static inline void runner_load(uint64_t address, const void *bytes, size_t n)
{
    memcpy(run_area(address), bytes, n);
    __builtin___clear_cache(run_area(address), run_area(address + n));
}

/* The code with this instruction at the site. What follows it, and what direct branches go to, is
   no landing pad; each counts in x9, then stops. */
static inline void runner_load_code(uint32_t word)
{
    const uint32_t landing[] = {run_bti_c, run_count, run_brk};
    runner_clear(RUN_CODE);
    for (unsigned i = 8; i < 0x400; i += 8) {
        runner_load(RUN_SITE - i, &run_count, 4);
        runner_load(RUN_SITE - 4 + i, &run_count, 4);
    }
    runner_load(RUN_LANDING, landing, sizeof(landing));
    runner_load(RUN_SITE, &word, 4);
}

static inline void runner_set(struct runner *runner, uint64_t pc)
{
    runner->regs.pc = pc;
    runner_set_of(runner, PTRACE_SETREGSET, NT_PRSTATUS, &runner->regs, sizeof(runner->regs));
    runner_set_of(runner, PTRACE_SETREGSET, NT_PRFPREG, &runner->simd, sizeof(runner->simd));
}

/* Continues the child until it stops. */
static inline void runner_go(struct runner *runner, bool step, struct outcome *outcome)
{
    siginfo_t info;
    memset(outcome, 0, sizeof(*outcome));
    runner_ptrace(runner, step ? PTRACE_SINGLESTEP : PTRACE_CONT, NULL, NULL);
    outcome->signal = runner_wait(runner);
    runner_ptrace(runner, PTRACE_GETSIGINFO, NULL, &info);
    outcome->code = step && outcome->signal == SIGTRAP ? TRAP_BRKPT : info.si_code;
    runner_set_of(runner, PTRACE_GETREGSET, NT_PRSTATUS, &outcome->regs, sizeof(outcome->regs));
    runner_set_of(runner, PTRACE_GETREGSET, NT_PRFPREG, &outcome->simd, sizeof(outcome->simd));
    outcome->pc = outcome->regs.pc;
    outcome->regs.pc = 0;
    outcome->regs.pstate &= ~(unsigned long long)(RUN_SS | RUN_SSBS);
    memcpy(outcome->data, run_area(RUN_DATA), RUN_AREA);
    memcpy(outcome->stack, run_area(RUN_STACK), RUN_AREA);
}

/* Fails the test if the two differ. */
static inline void outcome_compare(const char *what, const struct outcome *native,
                                   const struct outcome *displaced)
{
    ck_assert_msg(native->signal == displaced->signal && native->code == displaced->code,
                  "%s: signal %d (code %d), natively %d (code %d)", what, displaced->signal,
                  displaced->code, native->signal, native->code);
    ck_assert_msg(native->pc == displaced->pc, "%s: PC 0x%lx, natively 0x%lx", what, displaced->pc,
                  native->pc);
    for (unsigned i = 0; i < 31; i++)
        ck_assert_msg(native->regs.regs[i] == displaced->regs.regs[i],
                      "%s: x%u is 0x%llx, natively 0x%llx", what, i,
                      (unsigned long long)displaced->regs.regs[i],
                      (unsigned long long)native->regs.regs[i]);
    ck_assert_msg(native->regs.sp == displaced->regs.sp, "%s: stack pointers differ", what);
    ck_assert_msg(
        native->regs.pstate == displaced->regs.pstate, "%s: PSTATE is 0x%llx, natively 0x%llx",
        what, (unsigned long long)displaced->regs.pstate, (unsigned long long)native->regs.pstate);
    ck_assert_msg(memcmp(&native->simd, &displaced->simd, sizeof(native->simd)) == 0,
                  "%s: vector registers differ", what);
    ck_assert_msg(memcmp(native->data, displaced->data, RUN_AREA) == 0, "%s: data differ", what);
    ck_assert_msg(memcmp(native->stack, displaced->stack, RUN_AREA) == 0, "%s: stacks differ",
                  what);
}

#endif
