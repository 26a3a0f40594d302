/* SPDX-License-Identifier: MIT */
/*
 * many_threads_churn [THREADS=200] [CALLS=20]: THREADS short-lived threads, eight at a time, each
 * of which calls work() CALLS times. Prints "work THREADS*CALLS THREADS*CALLS" and "live THREADS
 * THREADS".
 */
#include <pthread.h>

#include "target.h"

enum { AT_A_TIME = 8 };

static counter n_work, n_live;
static long calls;

TRACED int work(int i);
int work(int i)
{
    n_work++;
    return i + 1;
}

TRACED void *live(void *data);
void *live(void *data)
{
    n_live++;
    for (int i = 0; i < calls; i++)
        check(work(i) == i + 1, "result of work");
    return data;
}

int main(int argc, char **argv)
{
    long n = argument(argc, argv, 1, 200), born = 0;
    pthread_t threads[AT_A_TIME];
    calls = argument(argc, argv, 2, 20);
    for (; born < n; born++) {
        if (born >= AT_A_TIME)
            pthread_join(threads[born % AT_A_TIME], NULL);
        check(pthread_create(&threads[born % AT_A_TIME], NULL, live, NULL) == 0, "pthread_create");
    }
    for (long i = n < AT_A_TIME ? 0 : n - AT_A_TIME; i < n; i++)
        pthread_join(threads[i % AT_A_TIME], NULL);
    report("work", n_work, n_work);
    report("live", n_live, n_live);
    return 0;
}
