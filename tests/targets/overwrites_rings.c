/* SPDX-License-Identifier: MIT */
/*
 * overwrites_rings [ROUNDS=200]: two threads call counted() while the first one writes so often, a
 * millisecond apart, over all memory that the program shares in memfds: each time with other bytes.
 * Prints "counted N N".
 */
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "target.h"

enum { THREADS = 2 };

static counter n_counted;
static atomic_bool ended;

TRACED long counted(long i);
long counted(long i)
{
    n_counted++;
    return i + 1;
}

static void *run(void *data)
{
    for (long i = 0; !ended; i++)
        check(counted(i) == i + 1, "result of counted");
    return data;
}

static void overwrite(int byte)
{
    char line[512], mode[8];
    unsigned long start, end;
    FILE *maps = fopen("/proc/self/maps", "re");
    check(maps != NULL, "/proc/self/maps");
    while (fgets(line, sizeof(line), maps))
        if (sscanf(line, "%lx-%lx %7s", &start, &end, mode) == 3 && strstr(line, "/memfd:") &&
            strcmp(mode, "rw-s") == 0)
            memset((void *)start, byte, end - start < 1 << 21 ? end - start : 1 << 21);
    fclose(maps);
}

int main(int argc, char **argv)
{
    long rounds = argument(argc, argv, 1, 200);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        check(pthread_create(&threads[i], NULL, run, NULL) == 0, "pthread_create");
    for (long i = 0; i < rounds; i++) {
        usleep(1000);
        overwrite((int)i & 0xff); /* not zeros at last */
    }
    ended = true;
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    report("counted", n_counted, n_counted);
    return 0;
}
