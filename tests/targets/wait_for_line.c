/* SPDX-License-Identifier: MIT */
/*
 * wait_for_line [THREADS=1] [seccomp]: to attach to. With `seccomp`, a system call that maps memory
 * then kills it. Prints "pid PID" first and then obeys lines on stdin, answering each on stdout
 * afterwards:
 *
 *   call N   every thread calls work() N times; answers "called TOTAL", TOTAL of all so far
 *   loop     every thread calls work() again and again until the next line; answers "looping" when
 *            all of them do; the next line is answered when they have stopped
 *
 * Exits at end of file, or at SIGUSR1. Prints "work TOTAL TOTAL" at its end. Ends by SIGALRM after
 * a minute.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "target.h"

enum { THREADS_MAX = 64 };

static counter n_work, n_looping;
static atomic_bool loop, ended;
static long calls;
static pthread_barrier_t begin, end;

TRACED long work(long i);
long work(long i)
{
    n_work++;
    return i + 1;
}

static void do_calls(void)
{
    for (long i = 0; i < calls; i++)
        check(work(i) == i + 1, "result of work");
    if (!loop)
        return;
    check(work(0) == 1, "result of work");
    n_looping++;
    while (loop)
        check(work(1) == 2, "result of work");
}

static void *serve(void *data)
{
    (void)data;
    for (;;) {
        pthread_barrier_wait(&begin);
        if (ended)
            return NULL;
        do_calls();
        pthread_barrier_wait(&end);
    }
}

static void usr1(int signal)
{
    (void)signal; /* makes fgets() fail with EINTR */
}

/* Kills the process when one of its threads maps memory. */
static void forbid_mapping(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof(filter) / sizeof(filter[0]), .filter = filter};
    check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "PR_SET_NO_NEW_PRIVS");
    check(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) == 0,
          "seccomp");
}

/* The program's first thread only reads the lines, so that all calling threads are alike. */
int main(int argc, char **argv)
{
    long n = argument(argc, argv, 1, 1);
    pthread_t threads[THREADS_MAX];
    struct sigaction action = {.sa_handler = usr1};
    char line[128];
    bool looping = false;

    check(n >= 1 && n <= THREADS_MAX, "number of threads");
    alarm(60);
    pthread_barrier_init(&begin, NULL, (unsigned)n + 1);
    pthread_barrier_init(&end, NULL, (unsigned)n + 1);
    sigset_t usr1_only;
    sigemptyset(&usr1_only);
    sigaddset(&usr1_only, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &usr1_only, NULL); /* for the threads */
    for (long i = 0; i < n; i++)
        check(pthread_create(&threads[i], NULL, serve, NULL) == 0, "pthread_create");
    sigaction(SIGUSR1, &action, NULL);
    pthread_sigmask(SIG_UNBLOCK, &usr1_only, NULL);
    if (argc > 2)
        forbid_mapping();
    printf("pid %d\n", (int)getpid());
    fflush(stdout);

    while (fgets(line, sizeof(line), stdin)) {
        if (looping) {
            loop = looping = false;
            pthread_barrier_wait(&end);
        }
        if (sscanf(line, "call %ld", &calls) == 1) {
            pthread_barrier_wait(&begin);
            pthread_barrier_wait(&end);
            printf("called %lu\n", n_work);
        } else if (strcmp(line, "loop\n") == 0) {
            calls = 0;
            n_looping = 0;
            loop = looping = true;
            pthread_barrier_wait(&begin);
            while (n_looping < (unsigned long)n)
                usleep(100);
            printf("looping\n");
        } else {
            printf("what?\n");
        }
        fflush(stdout);
    }
    if (looping) {
        loop = false;
        pthread_barrier_wait(&end);
    }
    ended = true;
    pthread_barrier_wait(&begin);
    for (long i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    report("work", n_work, n_work);
    return 0;
}
