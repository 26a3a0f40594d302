/* SPDX-License-Identifier: MIT */
/*
 * segv_fixup [CALLS=20]: functions whose first instruction faults. A handler that finds the PC at
 * the function's first byte corrects the fault: for reads() it sets the pointer and the instruction
 * runs again; for skips() and undefined() it moves the PC over the instruction; for jumps(), which
 * then calls callee(), it sets the pointer. Prints "reads CALLS CALLS", "skips CALLS CALLS", "jumps
 * CALLS CALLS", "undefined CALLS CALLS" and "callee CALLS CALLS".
 */
#include <signal.h>
#include <stdint.h>

#include "machine.h"
#include "target.h"

int reads(const int *from);
int skips(const int *from);
int jumps(int (*const *where)(void));
int undefined(void);
extern const char skips_behind[], undefined_behind[];

static const int value = 4711;
static volatile sig_atomic_t faults;
static counter n_callee;

TRACED int callee(void);
int callee(void)
{
    n_callee++;
    return 99;
}

static int (*const callee_pointer)(void) = callee;

static void mend(int signal, siginfo_t *info, void *context)
{
    uintptr_t pc = context_pc(context);
    (void)signal;
    faults++;
    check((uintptr_t)info->si_addr == 16, "address of the fault");
    if (pc == (uintptr_t)reads)
        context_set_argument(context, (uintptr_t)&value);
    else if (pc == (uintptr_t)skips)
        context_set_pc(context, (uintptr_t)skips_behind);
    else if (pc == (uintptr_t)jumps)
        context_set_argument(context, (uintptr_t)&callee_pointer);
    else
        check(0, "the PC of a fault is that of the first instruction");
}

static void mend_undefined(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    faults++;
    check((uintptr_t)info->si_addr == (uintptr_t)undefined, "address of the instruction");
    check(context_pc(context) == (uintptr_t)undefined, "the PC of an undefined instruction");
    context_set_pc(context, (uintptr_t)undefined_behind);
}

int main(int argc, char **argv)
{
    int calls = (int)argument(argc, argv, 1, 20);
    struct sigaction action = {.sa_sigaction = mend, .sa_flags = SA_SIGINFO},
                     illegal = {.sa_sigaction = mend_undefined, .sa_flags = SA_SIGINFO};
    void *bad = (void *)16;
    OPAQUE();
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGILL, &illegal, NULL);
    for (int i = 0; i < calls; i++) {
        check(reads(bad) == 4711, "result of reads");
        check(skips(bad) == 77, "result of skips");
        check(jumps(bad) == 100, "result of jumps");
        check(undefined() == 55, "result of undefined");
    }
    check(faults == 4 * calls, "number of faults");
    report("reads", (unsigned long)calls, (unsigned long)calls);
    report("skips", (unsigned long)calls, (unsigned long)calls);
    report("jumps", (unsigned long)calls, (unsigned long)calls);
    report("undefined", (unsigned long)calls, (unsigned long)calls);
    report("callee", n_callee, n_callee);
    return 0;
}
