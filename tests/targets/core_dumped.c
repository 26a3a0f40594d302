/* SPDX-License-Identifier: MIT */
/*
 * core_dumped FILE WAY [CALLS=2000]: three threads call counted() all the time, and count their
 * calls in the file, each in a cache line of its own. When each has made CALLS of them, the first
 * thread ends the program with a core file that has all mappings of files. WAY is
 *
 *   abort   abort(3)
 *   fault   reads(), whose first instruction reads at address 8
 *   trap    an instruction of its own that raises SIGILL or SIGTRAP
 *   quit    SIGQUIT to the process
 *
 * Prints nothing.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "target.h"

enum { THREADS = 3 };

/* In a cache line of its own. */
struct calls {
    _Alignas(64) atomic_ulong n;
};

static struct calls *calls;

TRACED int counted(int i);
int counted(int i)
{
    OPAQUE();
    return i + 1;
}

TRACED int reads(const int *from);
int reads(const int *from)
{
    return *(const volatile int *)from;
}

static void *call_always(void *data)
{
    struct calls *own = data;
    for (int i = 0;; i = (i + 1) & 0xffff) {
        check(counted(i) == i + 1, "result of counted");
        own->n++;
    }
    return data;
}

static void dump(const char *way)
{
    if (strcmp(way, "fault") == 0)
        reads((const int *)8);
    if (strcmp(way, "trap") == 0)
        __builtin_trap();
    if (strcmp(way, "quit") == 0)
        kill(getpid(), SIGQUIT);
    else
        abort();
    for (;;)
        pause();
}

static int run(const char *way, unsigned long n)
{
    pthread_t thread;
    FILE *filter = fopen("/proc/self/coredump_filter", "w");
    check(filter && fputs("0x3f", filter) >= 0 && fclose(filter) == 0, "coredump_filter");
    for (int i = 0; i < THREADS; i++)
        check(pthread_create(&thread, NULL, call_always, &calls[i]) == 0, "pthread_create");
    for (int i = 0; i < THREADS; i++)
        while (calls[i].n < n)
            usleep(100);
    dump(way);
    return 1;
}

int main(int argc, char **argv)
{
    const char *way = argc > 2 ? argv[2] : "abort";
    const struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
    size_t size = THREADS * sizeof(*calls);
    int fd = argc > 1 ? open(argv[1], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
    check(fd >= 0 && ftruncate(fd, (off_t)size) == 0, "the file");
    calls = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    check(calls != MAP_FAILED, "mmap");
    check(setrlimit(RLIMIT_CORE, &all) == 0, "setrlimit");
    return run(way, (unsigned long)argument(argc, argv, 3, 2000));
}
