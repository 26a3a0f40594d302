/* SPDX-License-Identifier: MIT */
/*
 * same_stack [CALLS=50]: calls that do not change the stack pointer, where the processor's call
 * instruction does not: the return address is kept in another register, or on another stack.
 * outer() calls middle(), which calls leaf() and tail(), which jumps to leaf(). Every other time
 * before that, leaves() calls jumps_back(), which leaves both by longjmp(3). recurses() calls
 * itself 10 times. Prints "outer CALLS CALLS", "middle CALLS CALLS", "tail CALLS CALLS", "leaf
 * 2*CALLS 2*CALLS", "leaves CALLS/2 0", "jumps_back CALLS/2 0" and "recurses 10*CALLS 10*CALLS".
 */
#include <setjmp.h>

#include "target.h"

enum { LEVELS = 10 };

/* They return their argument, plus 1 for each call of leaf() and for outer(). */
long outer(long i), middle(long i), leaf(long i), tail(long i);
void leaves(void);
/* Returns the number of calls; they keep their return addresses in `stack`. */
long recurses(long levels, void **stack);

static counter n_jumps_back;
static long calls;
static jmp_buf back;

TRACED void jumps_back(void);
void jumps_back(void)
{
    n_jumps_back++;
    longjmp(back, 1);
}

int main(int argc, char **argv)
{
    calls = argument(argc, argv, 1, 50);
    void *stack[LEVELS];
    for (volatile long i = 0; i < calls; i++) {
        if (setjmp(back) == 0 && i % 2 == 1)
            leaves();
        check(outer(i) == i + 3, "result of outer");
        check(recurses(LEVELS, stack) == LEVELS, "result of recurses");
    }
    unsigned long n = (unsigned long)calls;
    report("outer", n, n);
    report("middle", n, n);
    report("tail", n, n);
    report("leaf", 2 * n, 2 * n);
    report("leaves", n_jumps_back, 0);
    report("jumps_back", n_jumps_back, 0);
    report("recurses", LEVELS * n, LEVELS * n);
    return 0;
}
