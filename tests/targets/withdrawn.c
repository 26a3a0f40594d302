/* SPDX-License-Identifier: MIT */
/*
 * withdrawn threads|fork [CALLS=100]: calls work() once, makes itself non-dumpable (prctl(2),
 * PR_SET_DUMPABLE), and calls work() CALLS times:
 *
 *   threads   in its main thread, and as often in another one at the same time
 *   fork      in itself, then in a child, which exits with status 3, and in itself again
 *
 * Prints "work N N", the child "child:work CALLS CALLS".
 */
#include <pthread.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "target.h"

static counter n_work;

TRACED long work(long i);
long work(long i)
{
    n_work++;
    return i * 3;
}

static void call(long calls)
{
    for (long i = 0; i < calls; i++)
        check(work(i) == i * 3, "result of work");
}

static void *call_too(void *calls)
{
    call(*(long *)calls);
    return NULL;
}

static void two_threads(long calls)
{
    pthread_t other;
    check(pthread_create(&other, NULL, call_too, &calls) == 0, "pthread_create");
    call(calls);
    pthread_join(other, NULL);
}

static void two_processes(long calls)
{
    int status;
    call(calls);
    pid_t child = fork();
    check(child >= 0, "fork");
    if (child == 0) {
        n_work = 0;
        check(prctl(PR_GET_DUMPABLE) == 0, "the child is withdrawn, too");
        call(calls);
        report("child:work", n_work, n_work);
        exit(3);
    }
    check(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 3,
          "end of the child");
    call(calls);
}

int main(int argc, char **argv)
{
    long calls = argument(argc, argv, 2, 100);
    call(1);
    check(prctl(PR_SET_DUMPABLE, 0) == 0, "PR_SET_DUMPABLE");
    if (argc > 1 && strcmp(argv[1], "fork") == 0)
        two_processes(calls);
    else
        two_threads(calls);
    report("work", n_work, n_work);
    return 0;
}
