/*
 * What the programs that the engine is tested on have in common. Each is quick, ends by itself, and
 * prints one line for each of its functions that a test may trace:
 *
 *     NAME ENTRIES EXITS
 *
 * the numbers being counted by the functions themselves. Lines of a child process start with
 * "child:". At its exit it prints its state (state.h). What a program checks about itself it says
 * on stderr, and then exits with 99.
 */
#ifndef TARGET_H
#define TARGET_H

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "state.h"

/* A function that is really called, each time, and has a name that dlsym() finds. */
#define TRACED __attribute__((noinline, visibility("default"), used))
/* Keeps the compiler from seeing through a function, and calls before it from becoming jumps. */
#define OPAQUE() __asm__ volatile("" ::: "memory")

typedef atomic_ulong counter;

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
