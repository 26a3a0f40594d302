/* SPDX-License-Identifier: MIT */
/* threads N LIBRARY: to attach to. A process with N sleeping threads, and with a library of many
   functions. Prints its PID when all threads run, and exits at the end of stdin. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void *sleep_on(void *data)
{
    (void)data;
    while (pause() < 0)
        continue;
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t thread;
    pthread_attr_t small;
    long n = argc > 1 ? atol(argv[1]) : 1;
    if (argc > 2 && !dlopen(argv[2], RTLD_NOW)) {
        fprintf(stderr, "threads: %s\n", dlerror());
        return 1;
    }
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 64 * 1024);
    for (long i = 1; i < n; i++) {
        if (pthread_create(&thread, &small, sleep_on, NULL) != 0) {
            fprintf(stderr, "threads: cannot start %ld threads\n", n);
            return 1;
        }
    }
    printf("%d\n", (int)getpid());
    fflush(stdout);
    while (getchar() != EOF)
        continue;
    return 0;
}
