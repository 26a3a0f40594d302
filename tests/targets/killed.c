/* SPDX-License-Identifier: MIT */
/*
 * killed FILE [MILLISECONDS=300]: four threads call counted() all the time, and count their calls
 * in the file, each in a cache line of its own. After that time the program kills itself with
 * SIGKILL. Prints nothing.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "target.h"

enum { THREADS = 4, WORDS = 8 };

TRACED long counted(long i);
long counted(long i)
{
    OPAQUE();
    return i + 1;
}

static void *run(void *data)
{
    counter *calls = data;
    for (long i = 0;; i++) {
        check(counted(i) == i + 1, "result of counted");
        ++*calls;
    }
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t thread;
    int fd = argc > 1 ? open(argv[1], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
    size_t size = sizeof(counter) * WORDS * THREADS;
    check(fd >= 0 && ftruncate(fd, (off_t)size) == 0, "the file");
    counter *calls = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    check(calls != MAP_FAILED, "mmap");
    for (size_t i = 0; i < THREADS; i++)
        check(pthread_create(&thread, NULL, run, calls + WORDS * i) == 0, "pthread_create");
    usleep((useconds_t)argument(argc, argv, 2, 300) * 1000);
    return kill(getpid(), SIGKILL);
}
