/* SPDX-License-Identifier: MIT */
/*
 * blocked_calls [ROUNDS=5]: system calls that block for a time, each ROUNDS times in a thread of
 * its own, with a call of work() before: nanosleep(2), clock_nanosleep(2), poll(2), futex(2),
 * read(2) of a pipe that the main thread writes to, and the wait for a thread. None may be
 * interrupted, none may end early, and what a call leaves must be right. Prints "work 6*ROUNDS
 * 6*ROUNDS".
 */
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

#include "target.h"

enum { MS = 1000 * 1000, TIME_MS = 40, KINDS = 5 };

static counter n_work;
static long rounds;
static int ends[2];

TRACED long work(long i);
long work(long i)
{
    n_work++;
    return i + 1;
}

static long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000LL * MS + time.tv_nsec;
}

static const struct timespec duration = {0, TIME_MS *MS};

static void sleep_long(void)
{
    check(nanosleep(&duration, NULL) == 0, "nanosleep");
}

static void sleep_until(void)
{
    long long end = now() + TIME_MS * MS;
    const struct timespec until = {end / (1000LL * MS), end % (1000LL * MS)};
    check(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == 0, "clock_nanosleep");
}

static void poll_nothing(void)
{
    check(poll(NULL, 0, TIME_MS) == 0, "poll");
}

static void wait_for_futex(void)
{
    int word = 0;
    check(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &duration, NULL, 0) == -1 &&
              errno == ETIMEDOUT,
          "futex");
}

static void read_pipe(void)
{
    char text[8] = "";
    check(read(ends[0], text, sizeof(text)) == 5 && strcmp(text, "bytes") == 0, "read");
}

static void (*const kinds[KINDS])(void) = {sleep_long, sleep_until, poll_nothing, wait_for_futex,
                                           read_pipe};

static void *block(void *data)
{
    void (*const *kind)(void) = data;
    for (long i = 0; i < rounds; i++) {
        check(work(i) == i + 1, "result of work");
        long long start = now();
        (*kind)();
        check(*kind == read_pipe || now() - start >= TIME_MS * MS, "the time it took");
    }
    return NULL;
}

static void *write_pipe(void *data)
{
    for (long i = 0; i < rounds; i++) {
        check(work(i) == i + 1, "result of work");
        sleep_long();
        check(write(ends[1], "bytes", 5) == 5, "write");
        /* Two writes must not be read as one. */
        struct pollfd reading = {.fd = ends[0], .events = POLLIN};
        while (poll(&reading, 1, 0) == 1)
            sched_yield();
    }
    return data;
}

int main(int argc, char **argv)
{
    pthread_t threads[KINDS + 1];
    rounds = argument(argc, argv, 1, 5);
    check(pipe(ends) == 0, "pipe");
    for (int i = 0; i < KINDS; i++)
        check(pthread_create(&threads[i], NULL, block, (void *)&kinds[i]) == 0, "pthread_create");
    check(pthread_create(&threads[KINDS], NULL, write_pipe, NULL) == 0, "pthread_create");
    for (int i = 0; i <= KINDS; i++)
        check(pthread_join(threads[i], NULL) == 0, "pthread_join");
    report("work", n_work, n_work);
    return 0;
}
