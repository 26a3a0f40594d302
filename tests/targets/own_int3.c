/* SPDX-License-Identifier: MIT */
/*
 * own_int3 [CALLS=20]: a program with its own breakpoints. CALLS times each: work(), an int3 in the
 * middle of traps(), an int3 as the first byte of own_trap() (no breakpoint can be set there), and
 * raise(SIGTRAP) in raises(). Its handler of SIGTRAP must get every one of them, with the PC right
 * after the int3. At the end SIGTRAP must still be handled and not blocked. Prints "work CALLS
 * CALLS", "traps CALLS CALLS" and "raises CALLS CALLS".
 */
#include <signal.h>
#include <stdint.h>
#include <ucontext.h>

#include "target.h"

void own_trap(void);
void traps(void);
extern const char traps_behind[];

__asm__(".text\n"
        ".globl own_trap\n"
        ".type own_trap, @function\n"
        "own_trap:\n"
        "    int3\n"
        "    ret\n"
        ".size own_trap, . - own_trap\n"
        ".globl traps\n"
        ".type traps, @function\n"
        "traps:\n"
        "    push %rbx\n"
        "    int3\n"
        "traps_behind:\n"
        "    pop %rbx\n"
        "    ret\n"
        ".size traps, . - traps\n");

static counter n_work, n_raises;
static volatile sig_atomic_t in_traps, in_own_trap, raised;

TRACED int work(int i);
int work(int i)
{
    n_work++;
    return i + 1;
}

TRACED void raises(void);
void raises(void)
{
    n_raises++;
    raise(SIGTRAP);
    OPAQUE();
}

static void handle(int signal, siginfo_t *info, void *context)
{
    uintptr_t pc = (uintptr_t)((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
    (void)signal;
    if (info->si_code == SI_TKILL)
        raised++;
    else if (pc == (uintptr_t)traps_behind)
        in_traps++;
    else if (pc == (uintptr_t)own_trap + 1)
        in_own_trap++;
    else
        check(0, "the PC of a trap");
}

int main(int argc, char **argv)
{
    int calls = (int)argument(argc, argv, 1, 20);
    struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO}, now;
    sigset_t blocked;
    sigaction(SIGTRAP, &action, NULL);
    for (int i = 0; i < calls; i++) {
        check(work(i) == i + 1, "result of work");
        traps();
        own_trap();
        raises();
    }
    check(in_traps == calls && in_own_trap == calls && raised == calls, "number of SIGTRAPs");
    sigaction(SIGTRAP, NULL, &now);
    sigprocmask(SIG_SETMASK, NULL, &blocked);
    check(now.sa_sigaction == handle && !sigismember(&blocked, SIGTRAP), "disposition of SIGTRAP");
    report("work", n_work, n_work);
    report("traps", (unsigned long)calls, (unsigned long)calls);
    report("raises", n_raises, n_raises);
    return 0;
}
