/* SPDX-License-Identifier: MIT */
/*
 * die_by_signal [SIGNAL=SIGTERM] [CALLS=10]: calls work() CALLS times, then die() raises SIGNAL,
 * which kills (without a core file).
 * Prints "work CALLS CALLS" and "die 1 0".
 */
#include <signal.h>
#include <sys/resource.h>

#include "target.h"

static counter n_work, n_die;

TRACED int work(int i);
int work(int i)
{
    n_work++;
    return i + 1;
}

TRACED void die(int signal);
void die(int signal)
{
    n_die++;
    report("work", n_work, n_work);
    report("die", n_die, 0);
    state_print();
    raise(signal);
    OPAQUE();
}

int main(int argc, char **argv)
{
    int signal = (int)argument(argc, argv, 1, SIGTERM), calls = (int)argument(argc, argv, 2, 10);
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    for (int i = 0; i < calls; i++)
        check(work(i) == i + 1, "result of work");
    die(signal);
    return 0;
}
