/* SPDX-License-Identifier: MIT */
/*
 * gaps LIBRARY THREADS SECONDS: how long it is stopped by others. Every 10 ms one more of the
 * library's functions many_00000(), many_00001()... is called CALLS times, so that a tracer plants
 * something there; the other threads sleep. The time is read all the while: where it has gone on by
 * more than GAP_NS, and the thread has not waited for a CPU that long (schedstat, Documentation/
 * scheduler/sched-stats.rst), the thread was stopped. Prints the longest stop, the most that it was
 * stopped in any second, whenever that begins, in microseconds, and the number of stops: "longest N
 * second N stops N".
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

typedef void function(int arg1, unsigned long arg2, double arg3, void *arg4);

enum {
    FUNCTIONS = 10000,
    CALLS = 100,
    NEXT_NS = 10000000,
    GAP_NS = 150000,
    STACK = 64 * 1024,
    STOPS = 20000,
    SECOND_NS = 1000000000
};

static function *functions[FUNCTIONS];
static int schedstat;

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* The time that this thread has waited for a CPU. */
static int64_t waited_ns(void)
{
    char text[128];
    long ran, waited = 0;
    ssize_t n = pread(schedstat, text, sizeof(text) - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    return sscanf(text, "%ld %ld", &ran, &waited) == 2 ? waited : 0;
}

static void *sleep_on(void *data)
{
    (void)data;
    for (;;)
        usleep(200000);
    return NULL;
}

static void load(const char *path)
{
    void *library = dlopen(path, RTLD_NOW);
    for (int i = 0; i < FUNCTIONS; i++) {
        char name[32];
        snprintf(name, sizeof(name), "many_%05d", i);
        *(void **)&functions[i] = library ? dlsym(library, name) : NULL;
        if (!functions[i]) {
            fprintf(stderr, "gaps: no %s in %s\n", name, path);
            exit(1);
        }
    }
}

struct stop {
    int64_t start, end;
};

struct stops {
    int64_t last, waited;
    struct stop list[STOPS];
    size_t n;
};

static void look(struct stops *stops)
{
    int64_t now = now_ns(), gap = now - stops->last;
    if (gap > GAP_NS) {
        int64_t waited = waited_ns();
        gap -= waited - stops->waited;
        stops->waited = waited;
    }
    if (gap > GAP_NS) {
        if (stops->n == STOPS) {
            fprintf(stderr, "gaps: more than %d stops\n", STOPS);
            exit(1);
        }
        stops->list[stops->n++] = (struct stop){now - gap, now};
    }
    stops->last = now_ns();
}

/* How long it was stopped from the time `from` on, for a second. */
static int64_t stopped_in_second(const struct stops *stops, int64_t from)
{
    int64_t to = from + SECOND_NS, sum = 0;
    for (size_t i = 0; i < stops->n; i++) {
        int64_t start = stops->list[i].start < from ? from : stops->list[i].start;
        int64_t end = stops->list[i].end > to ? to : stops->list[i].end;
        sum += end > start ? end - start : 0;
    }
    return sum;
}

static void print(const struct stops *stops)
{
    int64_t longest = 0, most = 0;
    for (size_t i = 0; i < stops->n; i++) {
        const struct stop *stop = &stops->list[i];
        /* The second with the most begins where a stop begins, or ends where one ends. */
        int64_t after = stopped_in_second(stops, stop->start);
        int64_t before = stopped_in_second(stops, stop->end - SECOND_NS);
        most = after > most ? after : most;
        most = before > most ? before : most;
        longest = stop->end - stop->start > longest ? stop->end - stop->start : longest;
    }
    printf("longest %ld second %ld stops %zu\n", (long)longest / 1000, (long)most / 1000, stops->n);
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: gaps LIBRARY THREADS SECONDS\n");
        return 2;
    }
    int threads = atoi(argv[2]);
    pthread_attr_t small;
    load(argv[1]);
    schedstat = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, STACK);
    for (int i = 1; i < threads; i++) {
        pthread_t thread;
        if (pthread_create(&thread, &small, sleep_on, NULL) != 0) {
            fprintf(stderr, "gaps: cannot start %d threads\n", threads);
            return 1;
        }
    }
    sleep(1);
    int64_t start = now_ns(), end = start + atoi(argv[3]) * INT64_C(1000000000);
    static struct stops stops;
    stops.last = start;
    stops.waited = waited_ns();
    int64_t next = start;
    for (int f = 0; stops.last < end; look(&stops)) {
        if (stops.last < next)
            continue;
        next += NEXT_NS;
        for (int i = 0; i < CALLS; i++) {
            functions[f](42, 1, 3.14159, &stops);
            look(&stops);
        }
        f = (f + 1) % FUNCTIONS;
    }
    print(&stops);
    return 0;
}
