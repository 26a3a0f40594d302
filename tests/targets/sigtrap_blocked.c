/* SPDX-License-Identifier: MIT */
/*
 * sigtrap_blocked [CALLS=50]: calls work() CALLS times with every signal blocked, then CALLS times
 * with SIGTRAP ignored, then CALLS times in a thread with all signals blocked; afterwards SIGTRAP
 * must still be blocked, or ignored. Prints "work 3*CALLS 3*CALLS".
 */
#include <pthread.h>
#include <signal.h>

#include "target.h"

static counter n_work;
static int calls;

TRACED int work(int i);
int work(int i)
{
    n_work++;
    return i + 1;
}

static void call(void)
{
    for (int i = 0; i < calls; i++)
        check(work(i) == i + 1, "result of work");
}

static int is_blocked(void)
{
    sigset_t now;
    pthread_sigmask(SIG_SETMASK, NULL, &now);
    return sigismember(&now, SIGTRAP);
}

static void *call_blocked(void *data)
{
    check(is_blocked(), "SIGTRAP is blocked at the start of the thread");
    call();
    check(is_blocked(), "SIGTRAP is still blocked in the thread");
    return data;
}

int main(int argc, char **argv)
{
    sigset_t all, before;
    struct sigaction ignore = {.sa_handler = SIG_IGN}, now;
    pthread_t thread;
    calls = (int)argument(argc, argv, 1, 50);
    sigfillset(&all);

    pthread_sigmask(SIG_SETMASK, &all, &before);
    call();
    check(is_blocked(), "SIGTRAP is still blocked");
    check(pthread_create(&thread, NULL, call_blocked, NULL) == 0, "pthread_create");
    pthread_join(thread, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);

    sigaction(SIGTRAP, &ignore, NULL);
    call();
    sigaction(SIGTRAP, NULL, &now);
    check(now.sa_handler == SIG_IGN, "SIGTRAP is still ignored");
    report("work", n_work, n_work);
    return 0;
}
