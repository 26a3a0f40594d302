/* SPDX-License-Identifier: MIT */
/*
 * longjmp [CALLS=50]: outer() calls middle() calls thrower(), which jumps back into outer(); then
 * after() is called at the depth of middle(). retry() calls the same thrower() from the same place
 * CALLS times. Calls that were jumped over have no exit. Prints "outer CALLS CALLS", "middle CALLS
 * 0", "thrower 2*CALLS 0", "after CALLS CALLS" and "retry 1 1".
 */
#include <setjmp.h>

#include "target.h"

static counter n_outer, n_middle, n_thrower, n_after, n_retry;
static jmp_buf back;

TRACED void thrower(int value);
void thrower(int value)
{
    n_thrower++;
    longjmp(back, value);
}

TRACED int middle(int value);
int middle(int value)
{
    n_middle++;
    thrower(value);
    OPAQUE();
    return 0;
}

TRACED int after(int value);
int after(int value)
{
    n_after++;
    return value + 1;
}

TRACED int outer(int value);
int outer(int value)
{
    n_outer++;
    int caught = setjmp(back);
    if (caught == 0)
        middle(value);
    int result = after(caught);
    OPAQUE();
    return result;
}

TRACED int retry(int times);
int retry(int times)
{
    volatile int tried = 0;
    n_retry++;
    setjmp(back);
    if (tried < times) {
        tried++;
        thrower(1);
    }
    return tried;
}

int main(int argc, char **argv)
{
    int calls = (int)argument(argc, argv, 1, 50);
    for (int i = 1; i <= calls; i++)
        check(outer(i) == i + 1, "result of outer");
    check(retry(calls) == calls, "result of retry");
    report("outer", n_outer, n_outer);
    report("middle", n_middle, 0);
    report("thrower", n_thrower, 0);
    report("after", n_after, n_after);
    report("retry", n_retry, n_retry);
    return 0;
}
