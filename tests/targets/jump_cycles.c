/* SPDX-License-Identifier: MIT */
/*
 * jump_cycles: eight threads call work() and counted(), and a signal a thousand times a second, in
 * any of them, whose handler calls in_handler(), until SIGTERM. Prints "work N N", "counted N N"
 * and "in_handler N N".
 */
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/time.h>
#include <unistd.h>

#include "target.h"

enum { THREADS = 8, AT_ONCE = 20, EVERY_US = 1000 };

static counter n_work, n_counted, n_in_handler;
static atomic_bool enough;

/* First: a test looks at what follows the beginning of the others. */
TRACED long counted(long i);
long counted(long i)
{
    n_counted++;
    return i + 7;
}

TRACED long work(long i);
long work(long i)
{
    n_work++;
    return i * 3;
}

TRACED int in_handler(int signal);
int in_handler(int signal)
{
    n_in_handler++;
    return signal ^ 1;
}

static void handle(int signal)
{
    check(in_handler(signal) == (SIGALRM ^ 1), "result of in_handler");
    OPAQUE();
}

static void *call(void *data)
{
    (void)data;
    for (long i = 0; !enough; i++) {
        check(work(i) == i * 3, "result of work");
        OPAQUE();
        if (i % AT_ONCE)
            continue;
        check(counted(i) == i + 7, "result of counted");
        usleep(EVERY_US);
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];
    const struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};
    const struct itimerval every = {{0, EVERY_US}, {0, EVERY_US}};
    const struct itimerval never = {0};
    sigset_t signals;
    int signal;
    sigaction(SIGALRM, &action, NULL);
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    for (int i = 0; i < THREADS; i++)
        check(pthread_create(&threads[i], NULL, call, NULL) == 0, "pthread_create");
    /* Not in this thread: it would get all of them. */
    sigaddset(&signals, SIGALRM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    sigdelset(&signals, SIGALRM);
    setitimer(ITIMER_REAL, &every, NULL);
    sigwait(&signals, &signal);
    setitimer(ITIMER_REAL, &never, NULL);
    enough = true;
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    report("work", n_work, n_work);
    report("counted", n_counted, n_counted);
    report("in_handler", n_in_handler, n_in_handler);
    return 0;
}
