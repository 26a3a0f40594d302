/* SPDX-License-Identifier: MIT */
/*
 * bare_stop [STOPS=20000]: the minimum cost of a ptrace stop. A child only executes breakpoint
 * instructions in a loop; the parent only waits and continues it. Prints the nanoseconds of one
 * stop with both on one CPU, and on CPUs of the scheduler's choice.
 */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void bind_to(pid_t pid, int cpu)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    if (sched_setaffinity(pid, sizeof(set), &set) < 0) {
        perror("bare_stop: sched_setaffinity");
        exit(1);
    }
}

static void breakpoint(void)
{
#if defined(__x86_64__)
    __asm__ volatile("int3");
#else
    __asm__ volatile("brk #0");
#endif
}

static double measure(long stops)
{
    pid_t child = fork();
    if (child == 0) {
        raise(SIGSTOP);
        for (long i = 0; i < stops; i++)
            breakpoint();
        _exit(0);
    }
    int status;
    if (ptrace(PTRACE_SEIZE, child, NULL, NULL) < 0) {
        perror("bare_stop: PTRACE_SEIZE");
        exit(1);
    }
    waitpid(child, &status, __WALL);
    kill(child, SIGCONT);
    double start = 0;
    long seen = 0;
    for (;;) {
        ptrace(PTRACE_CONT, child, NULL, NULL);
        if (waitpid(child, &status, __WALL) < 0 || !WIFSTOPPED(status))
            break;
        if (WSTOPSIG(status) == SIGTRAP && status >> 16 == 0 && seen++ == 0)
            start = now_ns();
    }
    return (now_ns() - start) / (double)(seen - 1);
}

int main(int argc, char **argv)
{
    long stops = argc > 1 ? atol(argv[1]) : 20000;
    cpu_set_t all;
    sched_getaffinity(0, sizeof(all), &all);
    bind_to(0, sched_getcpu());
    double same = measure(stops);
    sched_setaffinity(0, sizeof(all), &all);
    double any = measure(stops);
    printf("same_cpu_ns %.0f free_ns %.0f\n", same, any);
    return 0;
}
