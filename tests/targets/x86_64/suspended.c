/* SPDX-License-Identifier: MIT */
/*
 * suspended MODE [CALLS=500] [ROUNDS=4]: a coroutine calls work(), and is suspended in
 * stops_inside(), by a signal handler, behind its first instruction. Then the main stack pauses
 * (pause.h) and calls all functions CALLS times, ROUNDS times, before the coroutine goes on. MODE
 * is
 *
 *   contexts  stacks are switched by swapcontext(3)
 *   own       by a function of this program
 *   mark      the same, and the coroutine is suspended in stops_behind_mark()
 *   signal    there is no coroutine: a handler on an alternate stack calls work()
 *
 * Prints "work N N", "stops_inside N N" and "stops_behind_mark N N", without the call that is
 * suspended.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "pause.h"

enum { STACK_SIZE = 64 * 1024, PAGE = 4096, SAVED = 6 };

long stops_inside(const long *p);
long stops_behind_mark(const long *p);
void switch_stack(void **from, void *to);

static counter n_work, n_inside, n_behind_mark;
static long *value; /* in a page that is not readable at first */
static int is_own, is_mark, is_done;
static ucontext_t main_context, its_context;
static void *main_sp, *its_sp;

TRACED long work(long i);
long work(long i)
{
    n_work++;
    return i + 1;
}

static void to_main(void)
{
    if (is_own)
        switch_stack(&its_sp, main_sp);
    else
        check(swapcontext(&its_context, &main_context) == 0, "swapcontext");
}

static void to_coroutine(void)
{
    if (is_own)
        switch_stack(&main_sp, its_sp);
    else
        check(swapcontext(&main_context, &its_context) == 0, "swapcontext");
}

static void on_fault(int signal)
{
    check(signal == SIGSEGV, "number of the signal");
    check(mprotect(value, PAGE, PROT_READ | PROT_WRITE) == 0, "mprotect");
    *value = 41;
    to_main();
}

static void coroutine(void)
{
    for (long i = 0; i < 8; i++)
        check(work(i) == i + 1, "result of work in the coroutine");
    check((is_mark ? stops_behind_mark(value) : stops_inside(value)) == 42,
          "result of the call that was suspended");
    is_done = 1;
    to_main();
}

static void make_coroutine(void)
{
    char *stack =
        mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    check(stack != MAP_FAILED, "mmap");
    if (is_own) {
        void **sp = (void **)(void *)(stack + STACK_SIZE) - 2;
        void (*const start)(void) = coroutine;
        memcpy(sp, &start, sizeof(start));
        its_sp = sp - SAVED;
        return;
    }
    check(getcontext(&its_context) == 0, "getcontext");
    its_context.uc_stack = (stack_t){.ss_sp = stack, .ss_size = STACK_SIZE};
    makecontext(&its_context, coroutine, 0);
}

static void on_usr1(int signal)
{
    check(work(signal) == signal + 1, "result of work in a handler");
}

static void use_alternate_stack(void)
{
    const stack_t stack = {.ss_sp = malloc(STACK_SIZE), .ss_size = STACK_SIZE};
    struct sigaction action = {.sa_handler = on_usr1, .sa_flags = SA_ONSTACK};
    check(sigaltstack(&stack, NULL) == 0, "sigaltstack");
    sigaction(SIGUSR1, &action, NULL);
    for (int i = 0; i < 8; i++)
        raise(SIGUSR1);
}

int main(int argc, char **argv)
{
    const char *mode = argc > 1 ? argv[1] : "";
    long calls = argument(argc, argv, 2, 500), rounds = argument(argc, argv, 3, 4);
    int is_signal = strcmp(mode, "signal") == 0;
    struct sigaction action = {.sa_handler = on_fault, .sa_flags = SA_NODEFER};
    sigaction(SIGSEGV, &action, NULL);
    is_mark = strcmp(mode, "mark") == 0;
    is_own = strcmp(mode, "own") == 0 || is_mark;
    pauses_begin();
    value = mmap(NULL, PAGE, is_signal ? PROT_READ | PROT_WRITE : PROT_NONE,
                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    check(value != MAP_FAILED, "mmap");
    pause_for_tracer();
    if (is_signal) {
        *value = 41;
        use_alternate_stack();
    } else {
        make_coroutine();
        to_coroutine();
    }
    for (long round = 1; round < rounds; round++) {
        pause_for_tracer();
        for (long i = 0; i < calls; i++) {
            check(work(i) == i + 1, "result of work");
            n_inside++;
            check(stops_inside(value) == 42, "result of stops_inside");
            n_behind_mark++;
            check(stops_behind_mark(value) == 42, "result of stops_behind_mark");
        }
    }
    pause_for_tracer();
    if (!is_signal) {
        to_coroutine();
        check(is_done, "the coroutine has ended");
    }
    report("work", n_work, n_work);
    report("stops_inside", n_inside, n_inside);
    report("stops_behind_mark", n_behind_mark, n_behind_mark);
    return 0;
}
