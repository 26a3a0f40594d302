/* SPDX-License-Identifier: MIT */
/*
 * How programs that are traced say what they did: "NAME ENTRIES EXITS" for each function, the
 * numbers being their own. What a program checks about itself it says on stderr, and then exits
 * with 99. Fit for libraries, and for C libraries and linkers of every kind.
 */
#ifndef REPORT_H
#define REPORT_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Keeps the compiler from seeing through a function, and calls before it from becoming jumps. */
#define OPAQUE() __asm__ volatile("" ::: "memory")

static inline void report(const char *name, unsigned long entries, unsigned long exits)
{
    printf("%s %lu %lu\n", name, entries, exits);
    fflush(stdout);
}

static inline void check(int true_, const char *what)
{
    if (!true_) {
        fprintf(stderr, "target: wrong: %s\n", what);
        _exit(99);
    }
}

/* The n-th argument as a number, or what it is without. */
static inline long argument(int argc, char **argv, int n, long otherwise)
{
    return argc > n ? atol(argv[n]) : otherwise;
}

#endif
