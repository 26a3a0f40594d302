/* SPDX-License-Identifier: MIT */
/* spin LIBRARY: computes without calls. For each line on stdin it repeats the same work and prints
   its CPU time in nanoseconds. The library's functions are only armed. */
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
