/* SPDX-License-Identifier: MIT */
/* CLOCK_MONOTONIC. */
#ifndef UTIL_CLOCK_H
#define UTIL_CLOCK_H

#include <stdint.h>
#include <time.h>

/* In nanoseconds. */
static inline uint64_t clock_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* In milliseconds. */
static inline int64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The time in `ms` milliseconds, for functions with an absolute timeout. */
static inline struct timespec clock_in_ms(int64_t ms)
{
    struct timespec then;
    clock_gettime(CLOCK_MONOTONIC, &then);
    int64_t ns = then.tv_nsec + ms % 1000 * 1000000;
    then.tv_sec += ms / 1000 + ns / 1000000000;
    then.tv_nsec = ns % 1000000000;
    return then;
}

#endif
