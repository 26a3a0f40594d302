/* SPDX-License-Identifier: MIT */
/* one_thread [CALLS=1000] [PREFIX]: one thread calls work() CALLS times. Prints "work CALLS CALLS"
   after PREFIX. */
#include "target.h"

static counter n_work;

TRACED int work(int i);
int work(int i)
{
    n_work++;
    return i + 1;
}

int main(int argc, char **argv)
{
    long calls = argument(argc, argv, 1, 1000);
    for (long i = 0; i < calls; i++)
        check(work((int)i) == (int)i + 1, "result of work");
    fputs(argc > 2 ? argv[2] : "", stdout);
    report("work", n_work, n_work);
    return 0;
}
