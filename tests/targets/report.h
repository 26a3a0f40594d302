/* SPDX-License-Identifier: MIT */
/*
 * How targets report their calls: "NAME ENTRIES EXITS" for each function, from the program's own
 * counts. Failed checks of its own go to stderr, with exit status 99. For libraries, too, and for
 * all C libraries and linkers.
 */
#ifndef REPORT_H
#define REPORT_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Hides a function's effect from the compiler, and prevents tail calls before it. */
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

/* The n-th argument as a number, or `otherwise` without one. */
static inline long argument(int argc, char **argv, int n, long otherwise)
{
    return argc > n ? atol(argv[n]) : otherwise;
}

#endif
