/* SPDX-License-Identifier: MIT */
/*
 * busy [ROUNDS=100 [COUNT=200000]]: functions whose own times are known. Prints, for each, its
 * name, its total time and its own, in nanoseconds, as they are when nothing is traced. pass()
 * calls leaf() 20 times, and counts by itself as far as these do together; long_leaf() counts as
 * far.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { LEAVES = 20 };

static long count = 200000;

#define TRACED __attribute__((noinline, noclone, used, visibility("default")))

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void work(long n)
{
    for (volatile long i = 0; i < n; i++)
        continue;
}

TRACED void leaf(void)
{
    work(count / LEAVES);
}

TRACED void long_leaf(void)
{
    work(count);
}

TRACED void pass(void)
{
    for (int i = 0; i < LEAVES; i++)
        leaf();
    work(count);
}

int main(int argc, char **argv)
{
    long rounds = argc > 1 ? atol(argv[1]) : 100;
    count = argc > 2 ? atol(argv[2]) : count;
    uint64_t pass_ns = 0, long_ns = 0, begin;
    for (long i = 0; i < rounds; i++) {
        begin = now_ns();
        pass();
        pass_ns += now_ns() - begin;
        begin = now_ns();
        long_leaf();
        long_ns += now_ns() - begin;
    }
    /* pass() counts to as much as all of its leaves do. */
    printf("pass %" PRIu64 " %" PRIu64 "\n", pass_ns, pass_ns / 2);
    printf("leaf %" PRIu64 " %" PRIu64 "\n", pass_ns / 2, pass_ns / 2);
    printf("long_leaf %" PRIu64 " %" PRIu64 "\n", long_ns, long_ns);
    return 0;
}
