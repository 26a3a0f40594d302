/* SPDX-License-Identifier: MIT */
/*
 * rate CALLS_PER_SECOND SECONDS: calls one function of a shared library at that rate, every
 * millisecond a thousandth of it. Before that, some calls slowly, so that
 * a tracer may do what it does only at first. Prints "begin" then, and "end CALLS NANOSECONDS" when
 * the time is over: all calls, and the time of those at that rate. It ends when stdin does.
 *
 * A rate of 0: without a pause, SECONDS long.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "mylib.h"

/* The library counts calls with other arguments than those below. */
extern unsigned long my_wrong_calls;

enum {
    SLOW_MS = 1000,
    SLOW_CALLS = 10, /* a millisecond */
    STEP_NS = 1000000,
    LATE_STEPS_MAX = 4, /* what it does later at most, when it did not run in time */
    BUSY_CALLS = 1000,  /* between looks at the clock */
};

static uint64_t calls;

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void call_times(int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        my_traced_function(42, 0xDEADBEEF, 3.14159, &i);
    calls += (uint64_t)n;
}

static void sleep_until(int64_t ns)
{
    struct timespec until = {ns / 1000000000, ns % 1000000000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

static void call_at_rate(int64_t rate, int64_t steps)
{
    int64_t next = now_ns(), done = 0;
    for (int64_t i = 1; i <= steps; i++) {
        next += STEP_NS;
        sleep_until(next);
        if (now_ns() > next + LATE_STEPS_MAX * (int64_t)STEP_NS)
            next = now_ns();
        call_times(rate * i / 1000 - done);
        done = rate * i / 1000;
    }
}

int main(int argc, char **argv)
{
    int64_t rate = argc > 1 ? atol(argv[1]) : 0, seconds = argc > 2 ? atol(argv[2]) : 0;
    if (rate < 0 || seconds < 1) {
        fprintf(stderr, "usage: rate CALLS_PER_SECOND SECONDS\n");
        return 2;
    }
    call_at_rate(SLOW_CALLS * 1000, SLOW_MS);
    printf("begin\n");
    fflush(stdout);
    int64_t start = now_ns();
    if (rate)
        call_at_rate(rate, seconds * 1000);
    else
        while (now_ns() < start + seconds * INT64_C(1000000000))
            call_times(BUSY_CALLS);
    int64_t ns = now_ns() - start;
    if (my_wrong_calls) {
        fprintf(stderr, "rate: %lu calls had wrong arguments\n", my_wrong_calls);
        return 1;
    }
    printf("end %lu %ld\n", (unsigned long)calls, (long)ns);
    fflush(stdout);
    while (getchar() != EOF)
        continue;
    return 0;
}
