/* SPDX-License-Identifier: MIT */
/*
 * fork_child [CALLS=100]: calls work() CALLS times, then forks in forks(), which therefore returns
 * in both processes (it is the parent's call, and has its exit there); the child calls work()
 * CALLS/2 times and exits with status 3; then the parent calls it CALLS times more. Prints
 * "child:work CALLS/2 CALLS/2", "child:forks 0 0", then "work 2*CALLS 2*CALLS", "forks 1 1".
 */
#include <sys/wait.h>

#include "target.h"

static counter n_work;

TRACED int work(int i);
int work(int i)
{
    n_work++;
    return i + 1;
}

TRACED pid_t forks(void);
pid_t forks(void)
{
    pid_t pid = fork();
    OPAQUE();
    return pid;
}

static void call(int calls)
{
    for (int i = 0; i < calls; i++)
        check(work(i) == i + 1, "result of work");
}

int main(int argc, char **argv)
{
    int calls = (int)argument(argc, argv, 1, 100), status;
    call(calls);
    pid_t child = forks();
    check(child >= 0, "fork");
    if (child == 0) {
        n_work = 0;
        call(calls / 2);
        report("child:work", n_work, n_work);
        report("child:forks", 0, 0);
        return 3;
    }
    check(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 3,
          "end of the child");
    call(calls);
    report("work", n_work, n_work);
    report("forks", 1, 1);
    return 0;
}
