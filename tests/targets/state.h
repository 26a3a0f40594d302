/* SPDX-License-Identifier: MIT */
/*
 * State of a program that a tracer might change: dispositions of signals, blocked and pending
 * signals of its last thread, affinity, alternate signal stack. Each program of tests/targets
 * prints it at exit, as one line "State: ..."; a program that ends in another way calls
 * state_print() before. Addresses are printed as words that are the same in each run. C and C++.
 */
#ifndef STATE_H
#define STATE_H

#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Defined by the linker: the start of the program, and the end of its code. */
extern const char __executable_start[], etext[];

/* As rt_sigaction(2) has it. */
struct state_action {
    uintptr_t handler;
    unsigned long flags;
    uintptr_t restorer;
    uint64_t mask;
};

enum { STATE_SIGNALS = 64, STATE_MAX = 8192, STATE_CPU_WORDS = 16 };

/* Appends to a text of at most STATE_MAX bytes. */
#define STATE_ADD(text, n, ...)                                                                    \
    ((n) += (n) < STATE_MAX ? snprintf((text) + (n), (size_t)(STATE_MAX - (n)), __VA_ARGS__) : 0)

/* Asks the kernel, not the C library, which hides two of its signals; except for the affinity,
   which a tracer may have changed until the library is asked. */
static inline void state_print(void)
{
    char text[STATE_MAX];
    uint64_t blocked = 0, pending = 0;
    unsigned long cpus[STATE_CPU_WORDS] = {0};
    stack_t stack;
    int n = 0;
    if (syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &blocked, sizeof(blocked)) < 0 ||
        syscall(SYS_rt_sigpending, &pending, sizeof(pending)) < 0 ||
        sched_getaffinity(0, sizeof(cpus), (cpu_set_t *)cpus) < 0 || sigaltstack(NULL, &stack) < 0)
        abort();
    STATE_ADD(text, n, "State: blocked %llx pending %llx cpus", (unsigned long long)blocked,
              (unsigned long long)pending);
    for (int i = 0; i < STATE_CPU_WORDS; i++)
        if (cpus[i])
            STATE_ADD(text, n, " %d:%lx", i, cpus[i]);
    STATE_ADD(text, n, " stack %d:%zu", stack.ss_flags,
              stack.ss_flags & SS_DISABLE ? 0 : stack.ss_size);
    for (int i = 1; i <= STATE_SIGNALS; i++) {
        struct state_action action = {0, 0, 0, 0};
        if (syscall(SYS_rt_sigaction, i, NULL, &action, sizeof(action.mask)) < 0)
            abort();
        uintptr_t start = (uintptr_t)__executable_start;
        if (action.handler == (uintptr_t)SIG_DFL && !action.flags && !action.mask)
            continue;
        if (action.handler == (uintptr_t)SIG_DFL || action.handler == (uintptr_t)SIG_IGN)
            STATE_ADD(text, n, " %d=%s", i, action.handler ? "ignored" : "default");
        else if (action.handler >= start && action.handler < (uintptr_t)etext)
            STATE_ADD(text, n, " %d=+0x%lx", i, (unsigned long)(action.handler - start));
        else
            STATE_ADD(text, n, " %d=library", i);
        STATE_ADD(text, n, ":%lx:%llx", action.flags, (unsigned long long)action.mask);
    }
    STATE_ADD(text, n, "\n");
    if (n >= STATE_MAX || write(STDOUT_FILENO, text, (size_t)n) != n)
        abort();
}

/* Registered first, so it runs last. */
static __attribute__((constructor, unused)) void state_at_exit(void)
{
    if (atexit(state_print) != 0)
        abort();
}

#endif
