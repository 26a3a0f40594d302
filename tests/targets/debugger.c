/* SPDX-License-Identifier: MIT */
/*
 * debugger [ROUNDS=10] [refused]: a debugger and its program in one. A child asks to be traced
 * (PTRACE_TRACEME) and calls work(); its parent, which also calls work(), sets its own breakpoint
 * there and steps over it, each time, then lets it run to its end. A second child is seized and
 * stepped through a few instructions. Prints "work N N", N the parent's calls, one for each hit of
 * its breakpoint.
 *
 * With `refused` the children already have another tracer: the parent must get an error, and the
 * children continue by themselves; prints "child:work N N".
 */
#include <errno.h>
#include <linux/elf.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "clean.h"
#include "machine.h"

enum { CALLS = 5, STEPS = 20 };

static counter n_work;
static unsigned long hits, steps;

TRACED int work(int i);
int work(int i)
{
    n_work++;
    return i + 1;
}

static bool refused;

static void child_main(void)
{
    if (refused) {
        check(ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 && errno == EPERM, "it is traced already");
        for (int i = 0; i < CALLS; i++)
            check(work(i) == i + 1, "result of work in the child");
        _exit(4);
    }
    check(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0, "PTRACE_TRACEME");
    raise(SIGSTOP);
    for (int i = 0; i < CALLS; i++)
        check(work(i) == i + 1, "result of work in the child");
    _exit(4);
}

static int next_stop(pid_t child)
{
    int status;
    check(waitpid(child, &status, 0) == child, "waitpid");
    return status;
}

static struct user_regs_struct registers_of(pid_t child)
{
    struct user_regs_struct regs;
    struct iovec all = {&regs, sizeof(regs)};
    check(ptrace(PTRACE_GETREGSET, child, (void *)NT_PRSTATUS, &all) == 0, "PTRACE_GETREGSET");
    return regs;
}

static uintptr_t pc_of(pid_t child)
{
    struct user_regs_struct regs = registers_of(child);
    return *regs_pc(&regs);
}

static void set_pc(pid_t child, uintptr_t pc)
{
    struct user_regs_struct regs = registers_of(child);
    struct iovec all = {&regs, sizeof(regs)};
    *regs_pc(&regs) = pc;
    check(ptrace(PTRACE_SETREGSET, child, (void *)NT_PRSTATUS, &all) == 0, "PTRACE_SETREGSET");
}

static void poke(pid_t child, uintptr_t word)
{
    check(ptrace(PTRACE_POKETEXT, child, (void *)(uintptr_t)work, (void *)word) == 0,
          "PTRACE_POKETEXT");
}

static void debug(pid_t child)
{
    int status = next_stop(child);
    check(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP, "first stop of the child");
    errno = 0;
    uintptr_t word = (uintptr_t)ptrace(PTRACE_PEEKTEXT, child, (void *)(uintptr_t)work, NULL);
    check(errno == 0, "PTRACE_PEEKTEXT");
    check((word & TRAP_MASK) != TRAP_WORD, "no breakpoint but its own is in the child");
    uintptr_t with_trap = (word & ~TRAP_MASK) | TRAP_WORD;
    poke(child, with_trap);
    ptrace(PTRACE_CONT, child, NULL, NULL);
    while (WIFSTOPPED(status = next_stop(child))) {
        check(WSTOPSIG(status) == SIGTRAP, "which stop");
        check(pc_of(child) == (uintptr_t)work + TRAP_OFFSET, "where the child stopped");
        hits++;
        work((int)hits);
        set_pc(child, (uintptr_t)work);
        poke(child, word);
        ptrace(PTRACE_SINGLESTEP, child, NULL, NULL);
        status = next_stop(child);
        check(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP, "a step");
        check(pc_of(child) != (uintptr_t)work, "where the step ended");
        poke(child, with_trap);
        ptrace(PTRACE_CONT, child, NULL, NULL);
    }
    check(WIFEXITED(status) && WEXITSTATUS(status) == 4, "end of the child");
}

static void step_through(pid_t child)
{
    check(ptrace(PTRACE_SEIZE, child, NULL, NULL) == 0, "PTRACE_SEIZE");
    check(ptrace(PTRACE_INTERRUPT, child, NULL, NULL) == 0, "PTRACE_INTERRUPT");
    int status = next_stop(child);
    for (int i = 0; i < STEPS; i++) {
        check(WIFSTOPPED(status), "a stop");
        check(ptrace(PTRACE_SINGLESTEP, child, NULL, NULL) == 0, "PTRACE_SINGLESTEP");
        status = next_stop(child);
        steps++;
    }
    check(ptrace(PTRACE_DETACH, child, NULL, (void *)(uintptr_t)SIGKILL) == 0, "PTRACE_DETACH");
    status = next_stop(child);
    check(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "end of the second child");
}

static void be_refused(long rounds)
{
    for (long i = 0; i < rounds; i++) {
        pid_t child = fork();
        check(child >= 0, "fork");
        if (child == 0)
            child_main();
        int status = next_stop(child);
        check(WIFEXITED(status) && WEXITSTATUS(status) == 4, "end of the child");
        child = fork();
        check(child >= 0, "fork");
        while (child == 0)
            pause();
        check(ptrace(PTRACE_SEIZE, child, NULL, NULL) < 0 && errno == EPERM, "PTRACE_SEIZE");
        kill(child, SIGKILL);
        next_stop(child);
    }
    report("child:work", CALLS * (unsigned long)rounds, CALLS * (unsigned long)rounds);
}

int main(int argc, char **argv)
{
    long rounds = argument(argc, argv, 1, 10);
    refused = argc > 2;
    if (refused) {
        be_refused(rounds);
        return 0;
    }
    for (long i = 0; i < rounds; i++) {
        pid_t child = fork();
        check(child >= 0, "fork");
        if (child == 0)
            child_main();
        debug(child);
        child = fork();
        check(child >= 0, "fork");
        while (child == 0)
            work(1);
        step_through(child);
    }
    report("work", n_work, n_work);
    check(hits == CALLS * (unsigned long)rounds, "hits of its breakpoint");
    check(steps == STEPS * (unsigned long)rounds, "steps");
    return 0;
}
