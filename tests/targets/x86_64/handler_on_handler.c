/* SPDX-License-Identifier: MIT */
/*
 * handler_on_handler [CALLS=30]: a signal handler interrupts interrupted() behind its first
 * instruction. It is interrupted itself, by a handler on an alternate stack, which waits until
 * another thread has called interrupted() so often. Then both return into the middle of
 * interrupted(). Prints "interrupted N N".
 */
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "machine.h"
#include "target.h"

enum { FIRST = 4, STACK_SIZE = 64 * 1024, EFLAGS_TF = 0x100 };

/* Out of reach of what looks like a short branch in the code before. */
__asm__(".text\n"
        ".skip 160, 0x90\n"
        ".globl interrupted\n"
        ".type interrupted, @function\n"
        "interrupted:\n"
        "    .cfi_startproc\n"
        "    lea 1(%rdi), %rax\n" /* 4 bytes: FIRST */
        "    lea 1(%rax), %rax\n"
        "    ret\n"
        "    .cfi_endproc\n"
        ".size interrupted, . - interrupted\n");
long interrupted(long i);

static atomic_int waits;
static int n_interrupted;

/* On the alternate stack. */
static void handle_inner(int signal)
{
    check(signal == SIGUSR1, "number of the signal");
    waits = 1;
    while (waits)
        usleep(1000);
}

static void handle_step(int signal, siginfo_t *info, void *context)
{
    uintptr_t offset = context_pc(context) - (uintptr_t)interrupted;
    check(signal == SIGTRAP && info->si_code == TRAP_TRACE, "where the signal is from");
    /* Not compared with the address: the file would have a pointer to there. */
    __asm__ volatile("" : "+r"(offset));
    if (offset != FIRST)
        return;
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] &= ~EFLAGS_TF;
    n_interrupted++;
    raise(SIGUSR1);
}

static void *run(void *data)
{
    while (!waits)
        usleep(1000);
    for (long i = 0; i < *(long *)data; i++) {
        check(interrupted(i) == i + 2, "result of interrupted");
        usleep(10000);
    }
    waits = 0;
    return data;
}

int main(int argc, char **argv)
{
    long calls = argument(argc, argv, 1, 30), result, first = 5;
    struct sigaction inner = {.sa_handler = handle_inner, .sa_flags = SA_ONSTACK};
    struct sigaction step = {.sa_sigaction = handle_step, .sa_flags = SA_SIGINFO};
    stack_t other = {.ss_sp = malloc(STACK_SIZE), .ss_size = STACK_SIZE};
    pthread_t thread;
    sigaltstack(&other, NULL);
    sigaction(SIGUSR1, &inner, NULL);
    sigaction(SIGTRAP, &step, NULL);
    check(pthread_create(&thread, NULL, run, &calls) == 0, "pthread_create");
    __asm__ volatile("pushfq\n"
                     "orl $0x100, (%%rsp)\n"
                     "popfq\n"
                     "call interrupted\n"
                     : "=a"(result), "+D"(first)
                     :
                     : "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "cc", "memory");
    check(result == 7 && n_interrupted == 1, "result of the interrupted call");
    pthread_join(thread, NULL);
    report("interrupted", (unsigned long)calls + 1, (unsigned long)calls + 1);
    return 0;
}
