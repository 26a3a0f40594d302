/* SPDX-License-Identifier: MIT */
/*
 * ctf_records DIRECTORY [MILLIONS [SECONDS]]: writes so many million records a second into a CTF
 * trace in a new directory, for so long, and prints what that costs: CPU time of whoever records
 * and of the writer's thread, lost records, and how long records took to the file.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "tp/ctf/ctf_trace.h"
#include "util/clock.h"

enum { BATCH = 500, LATENCIES = 1 << 20 };

static uint32_t latencies_us[LATENCIES];

static double cpu_seconds(int who)
{
    struct rusage usage;
    getrusage(who, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static uint64_t thread_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
    static const struct field fields[] = {
        {.name = "arg1", .kind = VALUE_INTEGER, .size = 4, .is_signed = true},
        {.name = "arg2", .kind = VALUE_INTEGER, .size = 8},
        {.name = "arg3", .kind = VALUE_INTEGER, .size = 8},
        {.name = "arg4", .kind = VALUE_POINTER, .size = 8},
    };
    struct error err;
    struct ctf_writer *writer;
    struct ctf_trace *trace;
    struct ctf_channel *channel;
    if (argc < 2) {
        fprintf(stderr, "usage: %s DIRECTORY [MILLIONS [SECONDS]]\n", argv[0]);
        return 2;
    }
    double rate = argc > 2 ? atof(argv[2]) * 1e6 : 1e6, seconds = argc > 3 ? atof(argv[3]) : 5;
    struct ctf_trace_request request = {.directory = argv[1]};
    if (ctf_writer_new(&writer, &err) < 0 || ctf_trace_new(writer, &request, &trace, &err) < 0 ||
        ctf_trace_add_channel(trace, NULL, 0, &channel, &err) < 0) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    int event = ctf_writer_add_event(writer, "mylib:f_entry", fields, 4);
    if (event < 0)
        return 1;
    uint64_t values[] = {42, 0xdeadbeef, 3, 0x12345678};
    struct hit hit = {.pid = getpid(), .tid = getpid(), .n_values = 4, .values = values};
    uint64_t start = clock_now_ns(), spent = 0, n = 0, total = (uint64_t)(rate * seconds);
    uint64_t waiting_since = 0, waiting_for = 0;
    size_t n_latencies = 0;
    while (n < total) {
        uint64_t before = thread_ns();
        hit.time_ns = clock_now_ns();
        for (int i = 0; i < BATCH; i++) {
            values[0]++;
            hit.time_ns++;
            ctf_channel_write(channel, (uint32_t)event, &hit);
        }
        spent += thread_ns() - before;
        uint64_t now = clock_now_ns();
        n += BATCH;
        /* One batch at a time is watched on its way to the file. */
        struct ctf_counts counts;
        ctf_trace_count(trace, &counts);
        if (waiting_since && counts.written - counts.unwritten >= waiting_for) {
            if (n_latencies < LATENCIES)
                latencies_us[n_latencies++] = (uint32_t)((now - waiting_since) / 1000);
            waiting_since = 0;
        }
        if (!waiting_since) {
            waiting_since = now;
            waiting_for = counts.written;
        }
        while ((double)(clock_now_ns() - start) < (double)n / rate * 1e9)
            ;
    }
    double elapsed = (double)(clock_now_ns() - start) / 1e9;
    double writer_cpu = cpu_seconds(RUSAGE_SELF) - cpu_seconds(RUSAGE_THREAD);
    struct ctf_counts counts;
    int rc = ctf_trace_flush(trace, &err);
    ctf_trace_count(trace, &counts);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    qsort(latencies_us, n_latencies, sizeof(latencies_us[0]), compare);
    printf("%.2f million records a second for %.1f s: %.1f ns to record, %.1f ns of the writer's "
           "thread; %llu lost; to the file: median %u us, p99 %u us, max %u us; %ld MB\n",
           (double)n / elapsed / 1e6, elapsed, (double)spent / (double)n,
           writer_cpu / (double)n * 1e9, (unsigned long long)counts.lost,
           n_latencies ? latencies_us[n_latencies / 2] : 0,
           n_latencies ? latencies_us[n_latencies * 99 / 100] : 0,
           n_latencies ? latencies_us[n_latencies - 1] : 0, usage.ru_maxrss / 1024);
    if (rc < 0)
        fprintf(stderr, "%s\n", err.text);
    ctf_writer_free(writer);
    return rc < 0;
}
