/* SPDX-License-Identifier: MIT */
/*
 * bare_threads THREADS [STOPS=20000]: the minimum cost of a stop with several busy threads. The
 * threads of a child execute breakpoint instructions in a loop; each thread of the parent only
 * waits for one of them and continues it. Each pair has a CPU of its own, as far as there are CPUs.
 * Prints the nanoseconds of one stop: the time divided by the stops of all threads.
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { THREADS_MAX = 64 };

/* In memory shared by both processes. */
struct shared {
    pid_t tids[THREADS_MAX];
    pthread_barrier_t traced;
};

struct pair {
    struct shared *shared;
    int index;
    long stops;
    double took_ns;
    pthread_barrier_t *begin_or_end;
};

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void bind_to(int index)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((unsigned)index % (unsigned)sysconf(_SC_NPROCESSORS_ONLN), &set);
    sched_setaffinity(0, sizeof(set), &set);
}

static void *stop_often(void *data)
{
    struct pair *pair = data;
    bind_to(pair->index);
    pair->shared->tids[pair->index] = gettid();
    pthread_barrier_wait(&pair->shared->traced); /* it may be traced */
    pthread_barrier_wait(&pair->shared->traced); /* it is */
    for (;;)
        __asm__ volatile("int3");
    return NULL;
}

static void wait_or_die(pid_t tid)
{
    int status;
    if (waitpid(tid, &status, __WALL | __WNOTHREAD) < 0 || !WIFSTOPPED(status)) {
        fprintf(stderr, "bare_threads: a thread has ended\n");
        exit(1);
    }
}

static void *trace(void *data)
{
    struct pair *pair = data;
    pid_t tid = pair->shared->tids[pair->index];
    bind_to(pair->index);
    if (ptrace(PTRACE_SEIZE, tid, NULL, PTRACE_O_EXITKILL) < 0) {
        perror("bare_threads: PTRACE_SEIZE");
        exit(1);
    }
    pthread_barrier_wait(pair->begin_or_end);
    wait_or_die(tid);
    double start = now_ns();
    for (long i = 0; i < pair->stops; i++) {
        ptrace(PTRACE_CONT, tid, NULL, NULL);
        wait_or_die(tid);
    }
    pair->took_ns = now_ns() - start;
    pthread_barrier_wait(
        pair->begin_or_end); /* the tracee ends with its tracer thread, as do the others */
    pause();
    return NULL;
}

int main(int argc, char **argv)
{
    int n = argc > 1 ? atoi(argv[1]) : 0;
    long stops = argc > 2 ? atol(argv[2]) : 20000;
    pthread_t threads[THREADS_MAX];
    struct pair pairs[THREADS_MAX];
    pthread_barrier_t begin_or_end;
    pthread_barrierattr_t both;
    if (n < 1 || n > THREADS_MAX || stops < 1) {
        fprintf(stderr, "usage: bare_threads THREADS [STOPS]: 1 to %d threads\n", THREADS_MAX);
        return 2;
    }
    struct shared *shared =
        mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return 1;
    pthread_barrierattr_init(&both);
    pthread_barrierattr_setpshared(&both, PTHREAD_PROCESS_SHARED);
    pthread_barrier_init(&shared->traced, &both, (unsigned)n + 1);
    pthread_barrier_init(&begin_or_end, NULL, (unsigned)n + 1);
    for (int i = 0; i < n; i++)
        pairs[i] = (struct pair){shared, i, stops, 0, &begin_or_end};
    pid_t child = fork();
    if (child == 0) {
        for (int i = 0; i < n; i++)
            pthread_create(&threads[i], NULL, stop_often, &pairs[i]);
        pthread_join(threads[0], NULL);
        _exit(1);
    }
    pthread_barrier_wait(&shared->traced);
    for (int i = 0; i < n; i++)
        pthread_create(&threads[i], NULL, trace, &pairs[i]);
    pthread_barrier_wait(&begin_or_end);
    pthread_barrier_wait(&shared->traced);
    pthread_barrier_wait(&begin_or_end);
    double longest = 0;
    for (int i = 0; i < n; i++)
        longest = pairs[i].took_ns > longest ? pairs[i].took_ns : longest;
    printf("%.0f\n", longest / ((double)n * (double)stops));
    /* The child is killed when its tracers end (PTRACE_O_EXITKILL). */
    return 0;
}
