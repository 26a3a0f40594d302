/* SPDX-License-Identifier: MIT */
/*
 * many [THREADS=1000]: to attach to: a process with many threads and 1000 functions, f000() to
 * f999(). Prints "pid PID" first. For each line on stdin each thread calls five of the functions,
 * so that with 1000 threads each function is called five times; answers "called TOTAL" afterwards.
 * At end of file checks the counts of each function, and prints "work TOTAL TOTAL". Ends by SIGALRM
 * after a minute.
 */
#include <pthread.h>
#include <stdbool.h>

#include "target.h"

enum { FUNCTIONS = 1000, CALLS = 5 };

static counter counts[FUNCTIONS], total;
static atomic_bool ended;
static pthread_barrier_t begin, end;

#define F(n)                                                                                       \
    TRACED long f##n(long i);                                                                      \
    long f##n(long i)                                                                              \
    {                                                                                              \
        counts[1##n - FUNCTIONS]++;                                                                \
        return i + 1;                                                                              \
    }
#define F10(n) F(n##0) F(n##1) F(n##2) F(n##3) F(n##4) F(n##5) F(n##6) F(n##7) F(n##8) F(n##9)
#define F100(n)                                                                                    \
    F10(n##0)                                                                                      \
    F10(n##1) F10(n##2) F10(n##3) F10(n##4) F10(n##5) F10(n##6) F10(n##7) F10(n##8) F10(n##9)
F100(0)
F100(1)
F100(2)
F100(3)
F100(4)
F100(5)
F100(6)
F100(7)
F100(8)
F100(9)

#define N(n)   f##n,
#define N10(n) N(n##0) N(n##1) N(n##2) N(n##3) N(n##4) N(n##5) N(n##6) N(n##7) N(n##8) N(n##9)
#define N100(n)                                                                                    \
    N10(n##0)                                                                                      \
    N10(n##1) N10(n##2) N10(n##3) N10(n##4) N10(n##5) N10(n##6) N10(n##7) N10(n##8) N10(n##9)
static long (*const functions[FUNCTIONS])(long) = {N100(0) N100(1) N100(2) N100(3) N100(4) N100(5)
                                                       N100(6) N100(7) N100(8) N100(9)};

static void *serve(void *data)
{
    long first = (long)data;
    for (;;) {
        pthread_barrier_wait(&begin);
        if (ended)
            return NULL;
        for (long i = first; i < first + CALLS; i++) {
            check(functions[i % FUNCTIONS](i) == i + 1, "result of a function");
            total++;
        }
        pthread_barrier_wait(&end);
    }
}

int main(int argc, char **argv)
{
    long n = argument(argc, argv, 1, FUNCTIONS), rounds = 0;
    pthread_t thread;
    pthread_attr_t small;
    char line[128];

    alarm(60);
    pthread_barrier_init(&begin, NULL, (unsigned)n + 1);
    pthread_barrier_init(&end, NULL, (unsigned)n + 1);
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 64 * 1024);
    pthread_attr_setdetachstate(&small, PTHREAD_CREATE_DETACHED);
    for (long i = 0; i < n; i++)
        check(pthread_create(&thread, &small, serve, (void *)i) == 0, "pthread_create");
    printf("pid %d\n", (int)getpid());
    fflush(stdout);
    while (fgets(line, sizeof(line), stdin)) {
        rounds++;
        pthread_barrier_wait(&begin);
        pthread_barrier_wait(&end);
        printf("called %lu\n", total);
        fflush(stdout);
    }
    ended = true;
    pthread_barrier_wait(&begin);
    for (long i = 0; n == FUNCTIONS && i < FUNCTIONS; i++)
        check(counts[i] == (unsigned long)(rounds * CALLS), "calls of a function");
    report("work", total, total);
    return 0;
}
