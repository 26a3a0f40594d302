/*
 * busy_threads [THREADS=2] [CALLS=1000]: so many threads, started together, call work() CALLS times
 * each and do nothing else.
 */
#include <pthread.h>

#include "target.h"

enum { THREADS_MAX = 64 };

static counter n_work;
static pthread_barrier_t start;

TRACED long work(long i);
long work(long i)
{
    n_work++;
    return i * 3;
}

static void *hammer(void *data)
{
    long calls = *(long *)data;
    pthread_barrier_wait(&start);
    for (long i = 0; i < calls; i++)
        check(work(i) == i * 3, "result of work");
    return NULL;
}

int main(int argc, char **argv)
{
    long n = argument(argc, argv, 1, 2), calls = argument(argc, argv, 2, 1000);
    pthread_t threads[THREADS_MAX];
    check(n > 0 && n <= THREADS_MAX, "number of threads");
    pthread_barrier_init(&start, NULL, (unsigned)n);
    for (long i = 0; i < n; i++)
        check(pthread_create(&threads[i], NULL, hammer, &calls) == 0, "pthread_create");
    for (long i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    report("work", n_work, n_work);
    return 0;
}
