/* SPDX-License-Identifier: MIT */
/* recursion [DEPTH=500]: descend() calls itself DEPTH deep; fib(15) calls itself twice. Prints
   "descend DEPTH DEPTH" and "fib 1973 1973". */
#include "target.h"

static counter n_descend, n_fib;

TRACED long descend(long more);
long descend(long more)
{
    n_descend++;
    long below = more > 1 ? descend(more - 1) : 0;
    OPAQUE();
    return below + 1;
}

TRACED int fib(int n);
int fib(int n)
{
    n_fib++;
    if (n < 2)
        return n;
    int one = fib(n - 1);
    OPAQUE();
    return one + fib(n - 2);
}

int main(int argc, char **argv)
{
    long depth = argument(argc, argv, 1, 500);
    check(descend(depth) == depth, "result of descend");
    check(fib(15) == 610, "result of fib");
    report("descend", n_descend, n_descend);
    report("fib", n_fib, n_fib);
    return 0;
}
