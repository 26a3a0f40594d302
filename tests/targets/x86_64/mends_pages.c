/* SPDX-License-Identifier: MIT */
/*
 * mends_pages [CALLS=200]: functions that access a page that is not accessible: reads_first() with
 * its first instruction, reads_second() with its second, and returns_to_fault() is called where the
 * instruction behind the call does it. The handler of SIGSEGV checks the PC and the address, makes
 * the page accessible, and returns. Each is called until a tracer has replaced its code, then CALLS
 * times, every other time with a fault. Prints "NAME N N" for each.
 */
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>

#include "jumped.h"
#include "machine.h"
#include "target.h"

enum { PAGE = 4096 };

/* Apart, as there may be what looks like a branch to them in the code before. */
#define FUNCTION(name, code)                                                                       \
    ".skip 160, 0x90\n"                                                                            \
    ".globl " name "\n"                                                                            \
    ".type " name ", @function\n" name ":\n"                                                       \
    ".cfi_startproc\n" code ".cfi_endproc\n"                                                       \
    ".size " name ", . - " name "\n"

__asm__(".text\n" FUNCTION("reads_first", "mov (%rdi), %rax\n"
                                          "lea 1(%rax), %rax\n"
                                          "ret\n") /**/
        FUNCTION("reads_second", "mov %rdi, %rcx\n"
                                 "mov (%rcx), %rax\n"
                                 "lea 1(%rax), %rax\n"
                                 "ret\n") /**/
        FUNCTION("returns_to_fault", "mov %rdi, %rcx\n"
                                     "lea 1(%rcx), %rdx\n"
                                     "ret\n") /**/
        FUNCTION("calls_before_fault", "call returns_to_fault\n"
                                       "mov (%rcx), %rax\n"
                                       "lea 1(%rax), %rax\n"
                                       "ret\n"));

long reads_first(const long *from);
long reads_second(const long *from);
long returns_to_fault(const long *from);
long calls_before_fault(const long *from);

/* The lengths of the instructions before those that fault. A pointer to these would forbid jumps.
 */
enum { MOV = 3, CALL = 5 };

static long *page;
static uintptr_t fault_at; /* where it is expected */
static int n_faults;

static void mend(int signal, siginfo_t *info, void *context)
{
    check(signal == SIGSEGV && info->si_code == SEGV_ACCERR, "the signal");
    check(info->si_addr == page, "the address of the fault");
    check(context_pc(context) == fault_at, "the PC of the fault");
    check(mprotect(page, PAGE, PROT_READ | PROT_WRITE) == 0, "mprotect");
    n_faults++;
}

static unsigned long call_all(const char *name, long (*call)(const long *from), uintptr_t function,
                              uintptr_t at, long calls)
{
    unsigned long n = 0;
    *page = 40;
    while (is_to_be_jumped(function, n)) {
        check(call(page) == 41, name);
        n++;
    }
    fault_at = at;
    for (long i = 0; i < calls; i++, n++) {
        int before = n_faults;
        *page = i;
        if (i % 2)
            check(mprotect(page, PAGE, PROT_NONE) == 0, "mprotect");
        check(call(page) == i + 1, name);
        check(n_faults - before == i % 2, "number of faults");
    }
    return n;
}

int main(int argc, char **argv)
{
    long n = argument(argc, argv, 1, 200);
    struct sigaction action = {.sa_sigaction = mend, .sa_flags = SA_SIGINFO};
    page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    check(page != MAP_FAILED, "mmap");
    sigaction(SIGSEGV, &action, NULL);
    unsigned long first = call_all("result of reads_first", reads_first, (uintptr_t)reads_first,
                                   (uintptr_t)reads_first, n);
    unsigned long then = call_all("result of reads_second", reads_second, (uintptr_t)reads_second,
                                  (uintptr_t)reads_second + MOV, n);
    unsigned long behind_it =
        call_all("result of calls_before_fault", calls_before_fault, (uintptr_t)returns_to_fault,
                 (uintptr_t)calls_before_fault + CALL, n);
    report("reads_first", first, first);
    report("reads_second", then, then);
    report("returns_to_fault", behind_it, behind_it);
    return 0;
}
