/* SPDX-License-Identifier: MIT */
/*
 * coroutines [ROUNDS=50]: three coroutines (makecontext(3), stacks from malloc(3)) that yield to
 * each other inside nested traced calls, so that calls of several stacks are open at once and
 * return in another order. Prints "body 3 3", "step 3*ROUNDS 3*ROUNDS" and "pause_here 3*ROUNDS
 * 3*ROUNDS".
 */
#include <ucontext.h>

#include "target.h"

enum { COROUTINES = 3, STACK_SIZE = 64 * 1024 };

static ucontext_t scheduler, contexts[COROUTINES];
static counter n_body, n_body_back, n_step, n_pause;
static long rounds;
static int current;

TRACED int pause_here(int who)
{
    n_pause++;
    check(swapcontext(&contexts[who], &scheduler) == 0, "swapcontext");
    return who + 1;
}

TRACED int step(int who, long round)
{
    n_step++;
    return pause_here(who) + (int)round;
}

TRACED void body(int who)
{
    n_body++;
    for (long i = 0; i < rounds; i++)
        check(step(who, i) == who + 1 + (int)i, "result of step");
    n_body_back++;
}

static void start(void)
{
    body(current);
}

int main(int argc, char **argv)
{
    rounds = argument(argc, argv, 1, 50);
    for (volatile int i = 0; i < COROUTINES; i++) { /* getcontext() might return twice */
        check(getcontext(&contexts[i]) == 0, "getcontext");
        contexts[i].uc_stack.ss_sp = malloc(STACK_SIZE);
        contexts[i].uc_stack.ss_size = STACK_SIZE;
        contexts[i].uc_link = &scheduler;
        makecontext(&contexts[i], start, 0);
    }
    /* Each is resumed once more than it pauses: to its end. */
    for (long i = 0; i <= rounds; i++)
        for (current = 0; current < COROUTINES; current++)
            check(swapcontext(&scheduler, &contexts[current]) == 0, "swapcontext");
    report("body", n_body, n_body_back);
    report("step", n_step, n_step);
    report("pause_here", n_pause, n_pause);
    for (int i = 0; i < COROUTINES; i++)
        free(contexts[i].uc_stack.ss_sp);
    return 0;
}
