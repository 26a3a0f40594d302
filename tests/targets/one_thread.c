/*
 * one_thread [CALLS=1000]: one thread calls work() CALLS times.
 * Prints "work CALLS CALLS".
 */
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
    report("work", n_work, n_work);
    return 0;
}
