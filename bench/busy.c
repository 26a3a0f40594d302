/* SPDX-License-Identifier: MIT */
/*
 * busy [ROUNDS=100 [COUNT=200000]]: functions whose own times are known. Prints, for each, its
 * name, the median of what a call took, and of what it took by itself, in nanoseconds, as they are
 * when nothing is traced. pass() calls leaf() 20 times, and counts by itself as far as these do
 * together; long_leaf() counts as far.
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

static int compare(const void *x, const void *y)
{
    uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;
    return a < b ? -1 : a > b;
}

static uint64_t timed(void (*function)(void))
{
    uint64_t begin = now_ns();
    function();
    return now_ns() - begin;
}

int main(int argc, char **argv)
{
    size_t rounds = argc > 1 ? (size_t)atol(argv[1]) : 100;
    count = argc > 2 ? atol(argv[2]) : count;
    uint64_t *passes = calloc(rounds + 1, sizeof(*passes));
    uint64_t *longs = calloc(rounds + 1, sizeof(*longs));
    if (!passes || !longs)
        return 1;
    for (size_t i = 0; i < rounds; i++) {
        passes[i] = timed(pass);
        longs[i] = timed(long_leaf);
    }
    qsort(passes, rounds, sizeof(*passes), compare);
    qsort(longs, rounds, sizeof(*longs), compare);
    uint64_t of_pass = passes[rounds / 2], of_long = longs[rounds / 2];
    /* pass() counts to as much as all of its leaves do. */
    printf("pass %" PRIu64 " %" PRIu64 "\n", of_pass, of_pass / 2);
    printf("leaf %" PRIu64 " %" PRIu64 "\n", of_pass / 2 / LEAVES, of_pass / 2 / LEAVES);
    printf("long_leaf %" PRIu64 " %" PRIu64 "\n", of_long, of_long);
    return 0;
}
