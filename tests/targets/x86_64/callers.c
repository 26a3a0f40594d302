/* SPDX-License-Identifier: MIT */
/*
 * callers [CALLS=2000]: callers that rely on more than the calling convention promises. Each
 * function is called until a tracer has replaced its code, then CALLS times. No register, flag or
 * byte of the stack may change that the function does not change:
 *
 *   keeps()     with all registers and flags live (as by -fipa-ra), with EFLAGS.AC and DF set; on
 *               stacks of which all but the last few bytes are used, at odd addresses, too; on
 *               alternate stacks as small as can be; and while reading the time counter faults
 *               (prctl(2), PR_SET_TSC)
 *   compares()  whose result is in the flags
 *   entered()   into which others jump behind its first instruction
 *   tables()    with jumps to 1 to 4 bytes behind a call of called_once()
 *
 * Prints "NAME N N" for each.
 */
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "jumped.h"
#include "machine.h"
#include "target.h"

enum { INTEGERS = 15, PAGE = 4096, SPARE = 512 };
enum { RAX = 0, RSI = 4, RDI = 5 };

/* The offsets are those of callers.S. */
struct registers {
    uint64_t integers[INTEGERS];
    uint64_t flags;
    uint64_t stack;
    uint8_t vectors[16][16];
};

/* CF, PF, AF, ZF, SF, DF and OF; AC. */
static const uint64_t ARITHMETIC = 0x8d5, DIRECTION = 0x400, ALIGNMENT = 0x40000;

struct registers before, after;
static unsigned long n_keeps, n_compares, n_entered, n_tables, n_called_once;
static uint64_t state = 88172645463325252;

long keeps(long i);
long compares(long i, long k);
long entered(long i);
long enters_inside(void);
long enters_by_pointer(void);
long called_once(long i);
long tables(long i);
void calls_keeps(void);
void calls_compares(void);

/* xorshift (Marsaglia 2003). */
static uint64_t any(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

static void set_registers(uint64_t flags, void *stack)
{
    for (size_t i = 0; i < sizeof(before) / sizeof(uint64_t); i++)
        ((uint64_t *)&before)[i] = any();
    before.flags = (before.flags & ARITHMETIC) | flags;
    before.stack = (uintptr_t)stack;
    memset(&after, 0, sizeof(after));
}

static void check_registers(uint64_t flags)
{
    before.integers[RAX] = before.integers[RDI] + 1;
    for (int i = 0; i < INTEGERS; i++)
        check(after.integers[i] == before.integers[i], "a register");
    check(after.stack == before.stack, "the stack pointer");
    check(memcmp(after.vectors, before.vectors, sizeof(before.vectors)) == 0, "a vector register");
    check(((after.flags ^ flags) & (ARITHMETIC | DIRECTION | ALIGNMENT)) == 0, "a flag");
}

static void call_keeps(uint64_t flags, uint8_t *stack)
{
    set_registers(flags, stack);
    calls_keeps();
    n_keeps++;
    check_registers(before.flags);
}

static void call_compares(uint8_t *stack)
{
    uint64_t flags;
    set_registers(0, stack);
    if (any() % 4 == 0)
        before.integers[RSI] = before.integers[RDI];
    calls_compares();
    n_compares++;
    __asm__("cmp %2, %1\n"
            "pushfq\n"
            "popq %0\n"
            : "=r"(flags)
            : "r"(before.integers[RDI]), "r"(before.integers[RSI])
            : "cc");
    check_registers(flags);
}

/* The red zone, too, is the caller's. */
static void call_on_stacks(uint8_t *pages)
{
    for (int used = 8; used < SPARE; used += 4) {
        uint8_t *stack = pages + PAGE + used;
        memset(pages + PAGE, 0x5a, SPARE);
        call_keeps(0, stack);
        for (uint8_t *at = pages + PAGE + SPARE; at-- > stack;)
            check(*at == 0x5a, "what is above the stack pointer");
    }
}

static int n_faults;

static void skip_rdtsc(int signal, siginfo_t *info, void *context)
{
    const uint8_t *at = (const uint8_t *)context_pc(context);
    check(signal == SIGSEGV && info->si_code == SI_KERNEL, "where the signal is from");
    check(at[0] == 0x0f && at[1] == 0x31, "the instruction that faults");
    n_faults++;
    context_set_pc(context, context_pc(context) + 2);
}

static void call_without_counter(uint8_t *stack, long n)
{
    struct sigaction action = {.sa_sigaction = skip_rdtsc, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, NULL);
    check(prctl(PR_SET_TSC, PR_TSC_SIGSEGV) == 0, "PR_SET_TSC");
    for (long i = 0; i < n; i++)
        call_keeps(0, stack);
    __asm__ volatile("rdtsc" : : : "rax", "rdx");
    check(n_faults == 1, "number of faults");
    check(prctl(PR_SET_TSC, PR_TSC_ENABLE) == 0, "PR_SET_TSC");
    signal(SIGSEGV, SIG_DFL);
}

/* Of an alternate stack as small as the kernel allows (getauxval(3): AT_MINSIGSTKSZ), and so much
   more: each handler uses nearly all of it. */
enum { MORE_MIN = 64, MORE_MAX = 512, MORE_STEP = 16 };

static void on_alternate_stack(int signal)
{
    check(keeps(signal) == signal + 1, "result of keeps");
    n_keeps++;
}

static void call_on_alternate_stacks(void)
{
    struct sigaction action = {.sa_handler = on_alternate_stack, .sa_flags = SA_ONSTACK};
    size_t least = getauxval(AT_MINSIGSTKSZ) ? getauxval(AT_MINSIGSTKSZ) : MINSIGSTKSZ;
    size_t pages = (least + MORE_MAX + PAGE - 1) / PAGE;
    uint8_t *stack =
        mmap(NULL, (pages + 1) * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    check(stack != MAP_FAILED && mprotect(stack, PAGE, PROT_NONE) == 0, "a guarded stack");
    sigaction(SIGUSR1, &action, NULL);
    for (size_t more = MORE_MIN; more < MORE_MAX; more += MORE_STEP) {
        stack_t own = {.ss_sp = stack + PAGE, .ss_size = least + more};
        check(sigaltstack(&own, NULL) == 0, "sigaltstack");
        raise(SIGUSR1);
    }
    stack_t none = {.ss_flags = SS_DISABLE};
    sigaltstack(&none, NULL);
}

static void call_tables(long i)
{
    check(tables(i) == (i == 0 ? 1 : (5 - i) % 2), "where tables goes");
    n_tables++;
    n_called_once += i == 0;
}

int main(int argc, char **argv)
{
    long n = argument(argc, argv, 1, 2000);
    uint8_t *pages =
        mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint8_t *stack = pages + 3 * PAGE - SPARE;
    check(pages != MAP_FAILED && mprotect(pages, PAGE, PROT_NONE) == 0, "a guarded stack");
    while (is_to_be_jumped((uintptr_t)keeps, n_keeps))
        call_keeps(0, stack);
    while (is_to_be_jumped((uintptr_t)compares, n_compares))
        call_compares(stack);
    while (is_to_be_jumped((uintptr_t)called_once, n_called_once))
        call_tables(0);
    for (long i = 0; i < n; i++) {
        call_keeps(i % 2 ? 0 : DIRECTION, stack);
        call_keeps(ALIGNMENT, stack);
        call_compares(stack);
        check(entered(i) == i + 1, "result of entered");
        n_entered++;
        check(enters_inside() == 101, "what enters inside");
        check(enters_by_pointer() == 201, "what enters by a pointer");
        call_tables(i % 5);
    }
    call_on_stacks(pages);
    call_on_alternate_stacks();
    call_without_counter(stack, n / 10);
    report("keeps", n_keeps, n_keeps);
    report("compares", n_compares, n_compares);
    report("entered", n_entered, n_entered);
    report("tables", n_tables, n_tables);
    report("called_once", n_called_once, n_called_once);
    return 0;
}
