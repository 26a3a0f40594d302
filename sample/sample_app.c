/* SPDX-License-Identifier: MIT */
/*
 * sample_app [CALLS] [DELAY_US]: calls my_traced_function() CALLS times (1000), DELAY_US
 * microseconds (0) after each, and tells how many calls it made. Exits with 1 when a call got other
 * arguments than these, with 2 when its own arguments are no numbers.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "mylib.h"

static long number(const char *text, const char *name)
{
    char *end;
    errno = 0;
    long n = strtol(text, &end, 10);
    if (errno || end == text || *end || n < 0 || n > INT_MAX) {
        fprintf(stderr, "sample_app: %s is to be a number from 0 to %d, not '%s'\n", name, INT_MAX,
                text);
        exit(2);
    }
    return n;
}

int main(int argc, char **argv)
{
    if (argc > 3) {
        fprintf(stderr, "usage: sample_app [CALLS] [DELAY_US]\n");
        return 2;
    }
    long calls = argc > 1 ? number(argv[1], "CALLS") : 1000;
    long delay_us = argc > 2 ? number(argv[2], "DELAY_US") : 0;
    const struct timespec delay = {
        .tv_sec = delay_us / 1000000,
        .tv_nsec = delay_us % 1000000 * 1000,
    };

    for (long i = 0; i < calls; i++) {
        my_traced_function(42, 0xDEADBEEF, 3.14159, (void *)(uintptr_t)0x12345678);
        if (delay_us) {
            struct timespec left = delay;
            while (nanosleep(&left, &left) != 0 && errno == EINTR)
                ;
        }
    }
    if (my_wrong_calls) {
        fprintf(stderr, "sample_app: %lu calls had wrong arguments\n", my_wrong_calls);
        return 1;
    }
    printf("sample_app: %ld calls\n", calls);
    return 0;
}
