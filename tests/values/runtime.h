/* SPDX-License-Identifier: MIT */
/* Parts of programs of generate.py: random values (random_values.h), the expected trace
   (expected.h), the calls, and call instructions that functions share (places.h). */
#ifndef VALUES_RUNTIME_H
#define VALUES_RUNTIME_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expected.h"
#include "places.h"
#include "random_values.h"

#define NOINLINE __attribute__((noinline))

static volatile const void *volatile sink_pointer;
static volatile int sink_count;

static inline void use(const volatile void *value)
{
    sink_pointer = value;
    sink_count++;
    __asm__ volatile("" : : "r"(value) : "memory");
}

/* Each of the `n` functions is called, if there are so many calls. They come one after another
   during the first half of the calls: a call instruction that several share has served some for a
   while when others come. */
static int run_calls(int argc, char **argv, void (*const *calls)(void), size_t n)
{
    if (argc != 4) {
        fprintf(stderr, "usage: %s CALLS SEED print|ctf\n", argv[0]);
        return 2;
    }
    unsigned long count = strtoul(argv[1], NULL, 0);
    out_ctf = strcmp(argv[3], "ctf") == 0;
    rnd_begin(strtoull(argv[2], NULL, 0), out_ctf);
    size_t known = 0;
    for (unsigned long i = 0; i < count; i++) {
        bool is_time = i >= known * count / n / 2 || count - i <= n - known;
        calls[known < n && is_time ? known++ : rnd() % known]();
    }
    return fflush(stdout) == 0 ? 0 : 1;
}

#endif
