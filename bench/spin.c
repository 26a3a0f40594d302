/* SPDX-License-Identifier: MIT */
/*
 * spin LIBRARY: a program that computes and calls nothing. For each line on stdin it does the same
 * work once more and prints the CPU time that took, in nanoseconds. The library's functions are
 * there to be armed.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

enum { ITERATIONS = 100000000 };

static double cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

int main(int argc, char **argv)
{
    char line[16];
    if (argc != 2 || !dlopen(argv[1], RTLD_NOW)) {
        fprintf(stderr, "spin: %s\n", argc == 2 ? dlerror() : "usage: spin LIBRARY");
        return 1;
    }
    while (fgets(line, sizeof(line), stdin)) {
        volatile uint64_t sink;
        uint64_t x = 88172645463325252u;
        double start = cpu_ns();
        for (int i = 0; i < ITERATIONS; i++) {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
        }
        sink = x;
        (void)sink;
        printf("%.0f\n", cpu_ns() - start);
        fflush(stdout);
    }
    return 0;
}
