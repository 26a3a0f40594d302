/* SPDX-License-Identifier: MIT */
/*
 * forks_hot [THREADS=64] [CALLS=20000] [killed]: calls work() until a tracer has replaced its code.
 * Then each of THREADS threads calls work() CALLS / 20
 * times, then makes a child in forks(), while the others call. The child calls work() CALLS times,
 * and exits in last(). With `killed` the children are of vfork(2) instead, and kill themselves in
 * dies(). Prints "work N N", "forks THREADS THREADS"; for the children "child:work N N" and
 * "child:last THREADS 0", or "child:dies THREADS 0".
 */
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "jumped.h"
#include "target.h"

enum { THREADS_MAX = 256, PART = 20 };

static long calls;
static int is_killed;
static counter n_forks;
static pthread_barrier_t start;

TRACED long work(long i);
long work(long i)
{
    OPAQUE();
    return i + 1;
}

TRACED void last(void);
void last(void)
{
    _exit(3);
}

TRACED void dies(void);
void dies(void)
{
    kill(getpid(), SIGKILL);
    for (;;)
        OPAQUE();
}

static void call(long n)
{
    for (long i = 0; i < n; i++)
        check(work(i) == i + 1, "result of work");
}

TRACED pid_t forks(void);
pid_t forks(void)
{
    pid_t pid = fork();
    OPAQUE();
    return pid;
}

static pid_t vforks(void)
{
    pid_t pid = vfork();
    if (pid == 0)
        dies();
    return pid;
}

static void *run(void *data)
{
    int status;
    pthread_barrier_wait(&start);
    call(calls / PART);
    pid_t pid = is_killed ? vforks() : forks();
    if (pid == 0) {
        call(calls);
        last();
    }
    n_forks++;
    check(pid > 0 && waitpid(pid, &status, 0) == pid, "waitpid");
    if (status != (is_killed ? SIGKILL : 3 << 8))
        fprintf(stderr, "child %d ended with 0x%x\n", (int)pid, status);
    if (is_killed)
        check(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "the child's end");
    else
        check(WIFEXITED(status) && WEXITSTATUS(status) == 3, "the child's exit status");
    call(calls / PART);
    return data;
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS_MAX];
    unsigned long first = 0;
    long n = argument(argc, argv, 1, 64);
    calls = argument(argc, argv, 2, 20000);
    is_killed = argc > 3 && strcmp(argv[3], "killed") == 0;
    check(n >= 1 && n <= THREADS_MAX, "number of threads");
    while (is_to_be_jumped((uintptr_t)work, first)) {
        call(1);
        first++;
    }
    pthread_barrier_init(&start, NULL, (unsigned)n);
    for (long i = 0; i < n; i++)
        check(pthread_create(&threads[i], NULL, run, NULL) == 0, "pthread_create");
    for (long i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    unsigned long all = first + (unsigned long)(n * 2 * (calls / PART));
    report("work", all, all);
    if (is_killed) {
        report("child:dies", (unsigned long)n, 0);
        return 0;
    }
    report("forks", n_forks, n_forks);
    report("child:forks", 0, 0);
    report("child:work", (unsigned long)(n * calls), (unsigned long)(n * calls));
    report("child:last", (unsigned long)n, 0);
    return 0;
}
