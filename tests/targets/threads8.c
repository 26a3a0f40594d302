/* SPDX-License-Identifier: MIT */
/*
 * threads8 [CALLS=1000]: eight threads, started together, call work() CALLS times each.
 * Prints "work 8*CALLS 8*CALLS".
 */
#include <pthread.h>

#include "target.h"

enum { THREADS = 8 };

static counter n_work;
static pthread_barrier_t start;

TRACED long work(long i);
long work(long i)
{
    n_work++;
    return i * 3;
}

static void *hammer(void *data)
{
    long calls = *(long *)data;
    pthread_barrier_wait(&start);
    for (long i = 0; i < calls; i++)
        check(work(i) == i * 3, "result of work");
    return NULL;
}

int main(int argc, char **argv)
{
    long calls = argument(argc, argv, 1, 1000);
    pthread_t threads[THREADS];
    pthread_barrier_init(&start, NULL, THREADS);
    for (int i = 0; i < THREADS; i++)
        check(pthread_create(&threads[i], NULL, hammer, &calls) == 0, "pthread_create");
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    report("work", n_work, n_work);
    return 0;
}
