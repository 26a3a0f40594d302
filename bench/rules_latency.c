/* SPDX-License-Identifier: MIT */
/*
 * rules_latency PID ADDRESS ROUNDS ENABLE DISABLE: how long a change by lttng(1) takes to arrive in
 * the traced process. Runs the shell commands ENABLE and DISABLE in turn, and reads the byte at
 * ADDRESS (hexadecimal) of the process each half millisecond, until the breakpoint is there, or
 * gone. The time starts when the command returns. Prints minimum, median and maximum, in ms.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { GIVE_UP_MS = 5000, BREAKPOINT = 0xcc };

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int is_planted(int memory, uint64_t address)
{
    unsigned char byte;
    if (pread(memory, &byte, 1, (off_t)address) != 1) {
        perror("rules_latency: the process cannot be read");
        exit(1);
    }
    return byte == BREAKPOINT;
}

static double measure(int memory, uint64_t address, const char *command, int wanted)
{
    if (system(command) != 0) {
        fprintf(stderr, "rules_latency: failed: %s\n", command);
        exit(1);
    }
    double start = now_ms();
    while (is_planted(memory, address) != wanted) {
        if (now_ms() - start > GIVE_UP_MS) {
            fprintf(stderr, "rules_latency: nothing happens after: %s\n", command);
            exit(1);
        }
        usleep(500);
    }
    return now_ms() - start;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void show(const char *what, double *times, int n)
{
    qsort(times, (size_t)n, sizeof(*times), compare);
    printf("  %-8s %7.1f %7.1f %7.1f\n", what, times[0], times[n / 2], times[n - 1]);
}

int main(int argc, char **argv)
{
    if (argc != 6 || atoi(argv[3]) < 1) {
        fprintf(stderr, "usage: rules_latency PID ADDRESS ROUNDS ENABLE DISABLE\n");
        return 1;
    }
    char path[64];
    snprintf(path, sizeof(path), "/proc/%s/mem", argv[1]);
    int memory = open(path, O_RDONLY);
    uint64_t address = strtoull(argv[2], NULL, 16);
    int rounds = atoi(argv[3]);
    double *planted = calloc((size_t)rounds, sizeof(*planted));
    double *lifted = calloc((size_t)rounds, sizeof(*lifted));
    if (memory < 0 || !planted || !lifted) {
        perror("rules_latency");
        return 1;
    }
    for (int i = 0; i < rounds; i++) {
        planted[i] = measure(memory, address, argv[4], 1);
        lifted[i] = measure(memory, address, argv[5], 0);
    }
    show("planted", planted, rounds);
    show("lifted", lifted, rounds);
    free(planted);
    free(lifted);
    close(memory);
    return 0;
}
