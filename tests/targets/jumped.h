/* SPDX-License-Identifier: MIT */
/* For targets that wait until a tracer has served the calls of a function by a jump. */
#ifndef JUMPED_H
#define JUMPED_H

#include <stdint.h>
#include <unistd.h>

enum { JUMPED_TRIES = 2000, JUMPED_PAUSE_US = 1000 };

/*
 * Whether there may yet be a jump at the start of the function, which was called n times so far: a
 * tracer has a breakpoint there. Pauses between the calls; after 2000 there will be none. Without a
 * tracer: false.
 */
static inline int is_to_be_jumped(uintptr_t function, unsigned long n)
{
    const volatile uint8_t *code = (const volatile uint8_t *)function;
    if (n == 0)
        return 1;
    if (*code != 0xcc || n >= JUMPED_TRIES)
        return 0;
    usleep(JUMPED_PAUSE_US);
    return 1;
}

#endif
