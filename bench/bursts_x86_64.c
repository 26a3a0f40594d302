/* SPDX-License-Identifier: MIT */
/*
 * bursts_x86_64: for each line "CALLS BURSTS PAUSE_US WARM_MS" on stdin, calls one function of a
 * shared library CALLS times, BURSTS times, with pauses in between in which a tracer can take what
 * was recorded; before that, for WARM_MS milliseconds, a few calls at a time. Prints the medians of
 * the bursts, in nanoseconds: of a call, and of two readings of the processor's time counter, which
 * are measured after each burst.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "mylib.h"

/* The library counts calls with other arguments than those below. */
extern unsigned long my_wrong_calls;

enum { BURSTS_MAX = 10000, UNTIMED = 20, WARM_CALLS = 20, WARM_PAUSE_US = 2000 };

/* When compiled for a tracer (-pg), only the called function is traced, and main(): uftrace wants
   some function of the program. */
#define NOT_TRACED __attribute__((no_instrument_function))

NOT_TRACED static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

NOT_TRACED static void call_times(long n)
{
    for (long i = 0; i < n; i++)
        my_traced_function(42, 0xDEADBEEF, 3.14159, &i);
}

NOT_TRACED static double time_of_call(long n)
{
    call_times(UNTIMED);
    double start = now_ns();
    call_times(n);
    return (now_ns() - start) / (double)n;
}

NOT_TRACED static double time_of_clock(long n)
{
    double start = now_ns();
    for (long i = 0; i < n; i++)
        __asm__ volatile("rdtsc\n\trdtsc" ::: "rax", "rdx");
    return (now_ns() - start) / (double)n;
}

NOT_TRACED static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

NOT_TRACED static double median(double *samples, long n)
{
    qsort(samples, (size_t)n, sizeof(*samples), by_value);
    return samples[n / 2];
}

int main(void)
{
    static double call[BURSTS_MAX], clock[BURSTS_MAX];
    long calls, bursts, pause_us, warm_ms;
    while (scanf("%ld %ld %ld %ld", &calls, &bursts, &pause_us, &warm_ms) == 4) {
        if (calls < 1 || bursts < 1 || bursts > BURSTS_MAX) {
            fprintf(stderr, "bursts: numbers out of range\n");
            return 2;
        }
        for (double end = now_ns() + (double)warm_ms * 1e6; now_ns() < end;) {
            call_times(WARM_CALLS);
            usleep(WARM_PAUSE_US);
        }
        for (long i = 0; i < bursts; i++) {
            usleep((useconds_t)pause_us);
            call[i] = time_of_call(calls);
            clock[i] = time_of_clock(calls);
        }
        if (my_wrong_calls) {
            fprintf(stderr, "bursts: %lu calls had wrong arguments\n", my_wrong_calls);
            return 1;
        }
        printf("%.2f %.2f\n", median(call, bursts), median(clock, bursts));
        fflush(stdout);
    }
    return 0;
}
