/* SPDX-License-Identifier: MIT */
/*
 * tailcall [CALLS=100] [STEPS=200]: first() ends in a jump to second(), CALLS times; is_even() and
 * is_odd() jump to each other STEPS times. One return ends all calls of a chain. Prints "first
 * CALLS CALLS", "second CALLS CALLS", "is_even STEPS/2+1 ..." and "is_odd STEPS/2 ..." for an even
 * STEPS.
 */
#include "target.h"

static counter n_first, n_second, n_even, n_odd;
/* The callers' stack pointer: the same for a whole chain, if they are jumps. */
static void *top;

TRACED int second(int i);
int second(int i)
{
    n_second++;
    check(__builtin_frame_address(0) == top, "second() was reached by a jump");
    return i + 2;
}

TRACED int first(int i);
int first(int i)
{
    n_first++;
    top = __builtin_frame_address(0);
    return second(i * 2);
}

TRACED int is_odd(long n);
TRACED int is_even(long n);

int is_even(long n)
{
    n_even++;
    if (!top)
        top = __builtin_frame_address(0);
    check(__builtin_frame_address(0) == top, "is_even() was reached by a jump");
    return n == 0 ? 1 : is_odd(n - 1);
}

int is_odd(long n)
{
    n_odd++;
    return n == 0 ? 0 : is_even(n - 1);
}

int main(int argc, char **argv)
{
    int calls = (int)argument(argc, argv, 1, 100);
    long steps = argument(argc, argv, 2, 200);
    for (int i = 0; i < calls; i++)
        check(first(i) == i * 2 + 2, "result of first");
    top = NULL;
    check(is_even(steps) == (steps % 2 == 0), "result of is_even");
    report("first", n_first, n_first);
    report("second", n_second, n_second);
    report("is_even", n_even, n_even);
    report("is_odd", n_odd, n_odd);
    return 0;
}
