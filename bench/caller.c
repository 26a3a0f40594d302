/* SPDX-License-Identifier: MIT */
/*
 * caller CALLS [THREADS=1 [SITES=1]]: the workload. Each thread calls one function of a shared
 * library CALLS times, from SITES (1, 10 or 100) different places, after some untimed calls. Prints
 * the nanoseconds of a call: the time from start to end of all threads, divided by the calls of
 * all. CALLED is the function, THIRD the type of its third argument.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#ifndef CALLED
#define CALLED my_traced_function
#endif
#ifndef THIRD
#define THIRD double
#endif

extern void CALLED(int arg1, uint64_t arg2, THIRD arg3, void *arg4);
/* The library counts calls with other arguments than those below. */
extern unsigned long my_wrong_calls;

enum { THREADS_MAX = 64, UNTIMED = 300 };

static long calls, sites;
static pthread_barrier_t begin, end;

/* A separate call instruction: compilers merge equal code. */
#define SITE(n)                                                                                    \
    case n:                                                                                        \
        CALLED(42, 0xDEADBEEF, (THIRD)3.14159, &calls);                                            \
        __asm__ volatile("" : : "i"(n));                                                           \
        break;
#define SITES_10(t)                                                                                \
    SITE(t##0)                                                                                     \
    SITE(t##1)                                                                                     \
    SITE(t##2) SITE(t##3) SITE(t##4) SITE(t##5) SITE(t##6) SITE(t##7) SITE(t##8) SITE(t##9)

/* When compiled for a tracer (-pg), only the called function is traced. */
#define NOT_TRACED __attribute__((no_instrument_function))

__attribute__((noinline)) NOT_TRACED static void call_from(long site)
{
    switch (site) {
        SITES_10()
        SITES_10(1)
        SITES_10(2)
        SITES_10(3)
        SITES_10(4)
        SITES_10(5)
        SITES_10(6)
        SITES_10(7)
        SITES_10(8)
        SITES_10(9)
    }
}

NOT_TRACED static void call_times(long n)
{
    for (long i = 0, site = 0; i < n; i++) {
        call_from(site);
        site = site + 1 < sites ? site + 1 : 0;
    }
}

static void *run(void *data)
{
    (void)data;
    call_times(UNTIMED);
    pthread_barrier_wait(&begin);
    call_times(calls);
    pthread_barrier_wait(&end);
    return NULL;
}

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* The nanoseconds of all calls by the first thread: not all tracers follow other threads. */
static double alone(void)
{
    call_times(UNTIMED);
    double start = now_ns();
    call_times(calls);
    return now_ns() - start;
}

/* The same by n threads at once. */
static double together(long n)
{
    pthread_t thread;
    pthread_barrier_init(&begin, NULL, (unsigned)n + 1);
    pthread_barrier_init(&end, NULL, (unsigned)n + 1);
    for (long i = 0; i < n; i++) {
        if (pthread_create(&thread, NULL, run, NULL) != 0) {
            fprintf(stderr, "caller: cannot start %ld threads\n", n);
            exit(1);
        }
    }
    pthread_barrier_wait(&begin);
    double start = now_ns();
    pthread_barrier_wait(&end);
    return now_ns() - start;
}

int main(int argc, char **argv)
{
    calls = argc > 1 ? atol(argv[1]) : 1000;
    long n = argc > 2 ? atol(argv[2]) : 1;
    sites = argc > 3 ? atol(argv[3]) : 1;
    if (calls < 1 || n < 1 || n > THREADS_MAX || sites < 1 || sites > 100) {
        fprintf(stderr, "usage: caller CALLS [THREADS [SITES]]\n");
        return 2;
    }
    double ns = n == 1 ? alone() : together(n);
    if (my_wrong_calls) {
        fprintf(stderr, "caller: %lu calls had wrong arguments\n", my_wrong_calls);
        return 1;
    }
    printf("%.0f\n", ns / (double)(calls * n));
    return 0;
}
