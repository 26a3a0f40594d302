/* SPDX-License-Identifier: MIT */
/*
 * thread_ends [THREADS=20]: threads that end inside traced calls: by pthread_exit() in leaves(), or
 * cancelled while they wait in waits(), each with a cleanup handler that calls cleans(); then the
 * first thread ends by pthread_exit(), and last_one(), called by another thread, exits with status
 * 5. Prints "leaves THREADS 0", "waits THREADS 0", "cleans 2*THREADS 2*THREADS" and "last_one 1 0".
 */
#include <pthread.h>

#include "target.h"

static counter n_leaves, n_waits, n_cleans;
static long threads;
static pthread_t first;

TRACED void cleans(void *data)
{
    (void)data;
    n_cleans++;
}

TRACED int leaves(int i)
{
    n_leaves++;
    if (i >= 0)
        pthread_exit(NULL);
    return i;
}

TRACED int waits(int i)
{
    n_waits++;
    while (threads > 0) /* always, but the compiler does not know */
        pause();
    return i;
}

static void *leaver(void *data)
{
    (void)data;
    pthread_cleanup_push(cleans, NULL);
    leaves(1);
    pthread_cleanup_pop(0);
    return NULL;
}

static void *waiter(void *data)
{
    (void)data;
    pthread_cleanup_push(cleans, NULL);
    waits(1);
    pthread_cleanup_pop(0);
    return NULL;
}

TRACED void last_one(void)
{
    report("leaves", n_leaves, 0);
    report("waits", n_waits, 0);
    report("cleans", n_cleans, n_cleans);
    report("last_one", 1, 0);
    exit(5);
}

static void *outlives(void *data)
{
    (void)data;
    check(pthread_join(first, NULL) == 0, "pthread_join");
    last_one();
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t thread;
    threads = argument(argc, argv, 1, 20);
    for (long i = 0; i < threads; i++) {
        check(pthread_create(&thread, NULL, leaver, NULL) == 0, "pthread_create");
        check(pthread_join(thread, NULL) == 0, "pthread_join");
        unsigned long before = n_waits;
        check(pthread_create(&thread, NULL, waiter, NULL) == 0, "pthread_create");
        while (n_waits == before)
            usleep(100);
        check(pthread_cancel(thread) == 0, "pthread_cancel");
        check(pthread_join(thread, NULL) == 0, "pthread_join");
    }
    first = pthread_self();
    check(pthread_create(&thread, NULL, outlives, NULL) == 0, "pthread_create");
    pthread_exit(NULL);
}
