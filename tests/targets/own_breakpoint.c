/* SPDX-License-Identifier: MIT */
/*
 * own_breakpoint [CALLS=20]: a program with its own breakpoints. CALLS times each: work(), a
 * breakpoint instruction in the middle of traps(), one that is the first instruction of own_trap()
 * (no breakpoint can be set there), and raise(SIGTRAP) in raises(). Its handler of SIGTRAP must get
 * every one of them, with the PC that the processor gives. At the end SIGTRAP must still be handled
 * and not blocked. Prints "work CALLS CALLS", "traps CALLS CALLS" and "raises CALLS CALLS".
 */
#include <signal.h>
#include <stdint.h>

#include "machine.h"
#include "target.h"

void own_trap(void);
void traps(void);
extern const char traps_here[], traps_behind[], own_trap_behind[];

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
    uintptr_t pc = context_pc(context);
    (void)signal;
    if (info->si_code == SI_TKILL) {
        raised++;
        return;
    }
    check((uintptr_t)info->si_addr == trap_address(pc), "the address of a trap");
    if (pc == (uintptr_t)traps_here + TRAP_OFFSET) {
        in_traps++;
        context_set_pc(context, (uintptr_t)traps_behind);
    } else if (pc == (uintptr_t)own_trap + TRAP_OFFSET) {
        in_own_trap++;
        context_set_pc(context, (uintptr_t)own_trap_behind);
    } else {
        check(0, "the PC of a trap");
    }
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
