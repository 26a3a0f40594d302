/* SPDX-License-Identifier: MIT */
/* exit_in_function: outer() calls leave(), which exits with status 7; at_end() is an exit handler.
   Prints "outer 1 0", "leave 1 0" and "at_end 1 1". */
#include "target.h"

static counter n_outer, n_leave, n_at_end;

TRACED void at_end(void);
void at_end(void)
{
    n_at_end++;
}

static void goodbye(void)
{
    at_end();
    OPAQUE();
    report("at_end", n_at_end, n_at_end);
}

TRACED void leave(int status);
void leave(int status)
{
    n_leave++;
    report("leave", n_leave, 0);
    exit(status);
}

TRACED int outer(int status);
int outer(int status)
{
    n_outer++;
    report("outer", n_outer, 0);
    leave(status);
    OPAQUE();
    return status;
}

int main(void)
{
    atexit(goodbye);
    return outer(7);
}
