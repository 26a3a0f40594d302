/* SPDX-License-Identifier: MIT */
/*
 * dispatch CALLS ONE_IN: calls functions by pointer, from one place: CALLS times
 * my_traced_function(), and before each one ONE_IN - 1 calls of an untraced function. Prints the
 * nanoseconds of a call of my_traced_function(), with its share of the others.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef void function(int arg1, uint64_t arg2, double arg3, void *arg4);

extern function my_traced_function;

enum { UNTIMED = 300 };

__attribute__((noinline)) static void other(int arg1, uint64_t arg2, double arg3, void *arg4)
{
    __asm__ volatile("" : : "r"(arg1), "r"(arg2), "x"(arg3), "r"(arg4));
}

__attribute__((noinline)) static void call(function *f, int i)
{
    f(i, 0xDEADBEEF, 3.14159, &i);
    __asm__ volatile(""); /* prevents a tail call */
}

static void call_times(long n, long one_in)
{
    function *const functions[] = {other, my_traced_function};
    for (long i = 0; i < n * one_in; i++)
        call(functions[i % one_in == 0], (int)i);
}

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

int main(int argc, char **argv)
{
    long calls = argc > 1 ? atol(argv[1]) : 0, one_in = argc > 2 ? atol(argv[2]) : 0;
    if (calls < 1 || one_in < 1) {
        fprintf(stderr, "usage: dispatch CALLS ONE_IN\n");
        return 2;
    }
    call_times(UNTIMED, one_in);
    double start = now_ns();
    call_times(calls, one_in);
    printf("%.0f\n", (now_ns() - start) / (double)calls);
    return 0;
}
