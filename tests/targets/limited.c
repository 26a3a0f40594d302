/* SPDX-License-Identifier: MIT */
/*
 * limited [CALLS=200]: sets its limits (setrlimit(2)) to its current use: of memory, files,
 * processes, locked memory, pending signals and file size; then calls work() CALLS times from three
 * existing threads, with signals sent to itself all the time. Prints "work 3*CALLS 3*CALLS" and
 * "in_handler N N".
 */
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#include "target.h"

enum { THREADS = 3, SIGNAL_EVERY = 10 };

static counter n_work, n_in_handler;
static long calls;
static pthread_barrier_t begin;

TRACED int work(int i);
int work(int i)
{
    n_work++;
    return i + 1;
}

TRACED int in_handler(int signal);
int in_handler(int signal)
{
    n_in_handler++;
    return signal + 1;
}

static void handle(int signal)
{
    check(in_handler(signal) == signal + 1, "result of in_handler");
}

static void *run(void *data)
{
    pthread_barrier_wait(&begin);
    for (int i = 0; i < calls; i++) {
        check(work(i) == i + 1, "result of work");
        if (i % SIGNAL_EVERY == 0)
            raise(SIGUSR1);
    }
    return data;
}

static unsigned long used_kib(void)
{
    char line[256];
    unsigned long kib = 0;
    FILE *status = fopen("/proc/self/status", "re");
    check(status != NULL, "/proc/self/status");
    while (fgets(line, sizeof(line), status))
        sscanf(line, "VmSize: %lu", &kib);
    fclose(status);
    return kib;
}

static void limit(__rlimit_resource_t what, rlim_t to)
{
    struct rlimit both = {to, to};
    check(setrlimit(what, &both) == 0, "setrlimit");
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS];
    struct sigaction action = {.sa_handler = handle};
    calls = argument(argc, argv, 1, 200);
    sigaction(SIGUSR1, &action, NULL);
    pthread_barrier_init(&begin, NULL, THREADS + 1);
    for (int i = 0; i < THREADS; i++)
        check(pthread_create(&threads[i], NULL, run, NULL) == 0, "pthread_create");
    report("work", 0, 0); /* its buffer exists now */
    limit(RLIMIT_AS, used_kib() * 1024);
    limit(RLIMIT_DATA, used_kib() * 1024);
    limit(RLIMIT_NPROC, 1);
    limit(RLIMIT_NOFILE, 3);
    limit(RLIMIT_MEMLOCK, 0);
    limit(RLIMIT_SIGPENDING, 0);
    limit(RLIMIT_STACK, 64 * 1024);
    limit(RLIMIT_CORE, 0);
    pthread_barrier_wait(&begin);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    report("work", n_work, n_work);
    report("in_handler", n_in_handler, n_in_handler);
    return 0;
}
