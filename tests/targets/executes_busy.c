/* SPDX-License-Identifier: MIT */
/*
 * executes_busy FILE main|thread ROUNDS CALLS [ROUND=0]: three threads call counted() all the time,
 * and count their calls in the file, each in a cache line of its own for each round. When each has
 * made so many calls the program executes itself for the next round, from the first thread or from
 * a further one. It exits in the last round. The argument of counted() tells round, thread and
 * call. Prints nothing.
 */
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "target.h"

enum { THREADS = 3, WORDS = 8 };

static char **arguments;
static long rounds, round_now;

TRACED long counted(long i);
long counted(long i)
{
    OPAQUE();
    return i + 1;
}

static counter *counters(void)
{
    int fd = open(arguments[1], O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    size_t size = sizeof(counter) * WORDS * THREADS * (size_t)rounds;
    check(fd >= 0 && ftruncate(fd, (off_t)size) == 0, "the file");
    counter *all = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    check(all != MAP_FAILED, "mmap");
    return all + WORDS * THREADS * round_now;
}

struct thread {
    counter *calls;
    long first;
};

static void *call(void *data)
{
    const struct thread *thread = data;
    for (long i = thread->first;; i++) {
        check(counted(i) == i + 1, "result of counted");
        ++*thread->calls;
    }
    return NULL;
}

static void *execute_next(void *data)
{
    char number[32];
    (void)data;
    snprintf(number, sizeof(number), "%ld", round_now + 1);
    execl("/proc/self/exe", arguments[0], arguments[1], arguments[2], arguments[3], arguments[4],
          number, NULL);
    check(0, "execl");
    return NULL;
}

int main(int argc, char **argv)
{
    static struct thread threads[THREADS];
    pthread_t thread;
    arguments = argv;
    check(argc >= 5, "arguments");
    rounds = argument(argc, argv, 3, 1);
    round_now = argument(argc, argv, 5, 0);
    counter *calls = counters();
    for (long i = 0; i < THREADS; i++) {
        threads[i] = (struct thread){calls + WORDS * i, (round_now * THREADS + i) * 1000000000};
        check(pthread_create(&thread, NULL, call, &threads[i]) == 0, "pthread_create");
    }
    for (int i = 0; i < THREADS; i++)
        while (calls[WORDS * i] < (unsigned long)argument(argc, argv, 4, 1))
            usleep(1000);
    if (round_now + 1 == rounds)
        _exit(0);
    if (strcmp(argv[2], "thread") != 0)
        execute_next(NULL);
    check(pthread_create(&thread, NULL, execute_next, NULL) == 0, "pthread_create");
    for (;;)
        pause();
}
