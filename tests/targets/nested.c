/* SPDX-License-Identifier: MIT */
/*
 * nested [CALLS=50]: a nested function, called through a trampoline that GCC writes to the
 * executable stack: apply() calls it by a pointer, and it calls work(). GCC only. Prints "apply
 * CALLS CALLS" and "work CALLS CALLS".
 */
#include "target.h"

static counter n_apply, n_work;

TRACED int work(int i);
int work(int i)
{
    n_work++;
    return i + 1;
}

TRACED int apply(int (*function)(int), int i);
int apply(int (*function)(int), int i)
{
    n_apply++;
    int result = function(i);
    OPAQUE();
    return result;
}

int main(int argc, char **argv)
{
    volatile long sum = 0, calls = argument(argc, argv, 1, 50);
    int add(int i)
    {
        int result = work(i);
        sum += result;
        return result;
    }
    for (long i = 0; i < calls; i++)
        check(apply(add, (int)i) == (int)i + 1, "result of apply");
    check(sum == calls * (calls + 1) / 2, "sum");
    report("apply", n_apply, n_apply);
    report("work", n_work, n_work);
    return 0;
}
