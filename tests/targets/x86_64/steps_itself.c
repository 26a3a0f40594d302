/* SPDX-License-Identifier: MIT */
/*
 * steps_itself [CALLS=100]: calls stepped() so often, a millisecond apart, and then ten times with
 * EFLAGS.TF set: each instruction ends in SIGTRAP, whose handler checks that the PC is in the
 * program, and that of stepped() no instruction is missing or comes twice. Prints "stepped N N".
 */
#include <signal.h>
#include <stdint.h>
#include <unistd.h>

#include "machine.h"
#include "target.h"

enum { STEPPED = 10, INSNS = 3, LONGEST = 4 };

/* Out of reach of what looks like a short branch in the code before. */
__asm__(".text\n"
        ".skip 160, 0x90\n"
        ".globl stepped\n"
        ".type stepped, @function\n"
        "stepped:\n"
        "    .cfi_startproc\n"
        "    lea 1(%rdi), %rax\n" /* 4 bytes */
        "    lea 1(%rax), %rax\n" /* 4 bytes */
        "    ret\n"
        "    .cfi_endproc\n"
        ".size stepped, . - stepped\n");
long stepped(long i);

static int n_seen;
static uintptr_t seen[INSNS];

static void handle_step(int signal, siginfo_t *info, void *context)
{
    uintptr_t offset = context_pc(context) - (uintptr_t)stepped;
    check(signal == SIGTRAP && info->si_code == TRAP_TRACE, "where the signal is from");
    check(context_pc(context) >= (uintptr_t)&__executable_start &&
              context_pc(context) < (uintptr_t)&etext,
          "the PC is in the program");
    if (offset > INSNS * LONGEST)
        return;
    check(n_seen < INSNS, "number of steps");
    seen[n_seen++] = offset;
}

static long stepped_call(long i)
{
    long result;
    __asm__ volatile("pushfq\n"
                     "orl $0x100, (%%rsp)\n"
                     "popfq\n"
                     "call stepped\n"
                     "pushfq\n"
                     "andl $0xfffffeff, (%%rsp)\n"
                     "popfq\n"
                     : "=a"(result), "+D"(i)
                     :
                     : "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "cc", "memory");
    return result;
}

int main(int argc, char **argv)
{
    long calls = argument(argc, argv, 1, 100);
    struct sigaction action = {.sa_sigaction = handle_step, .sa_flags = SA_SIGINFO};
    sigaction(SIGTRAP, &action, NULL);
    for (long i = 0; i < calls; i++) {
        check(stepped(i) == i + 2, "result of stepped");
        usleep(1000);
    }
    for (long i = 0; i < STEPPED; i++) {
        n_seen = 0;
        check(stepped_call(i) == i + 2, "result of stepped");
        check(n_seen == INSNS, "number of steps");
        for (int k = 0; k < INSNS; k++)
            check(seen[k] == (uintptr_t)(k * LONGEST), "the PC after a step");
    }
    report("stepped", (unsigned long)calls + STEPPED, (unsigned long)calls + STEPPED);
    return 0;
}
