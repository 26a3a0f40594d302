/* SPDX-License-Identifier: MIT */
#include "cli/reading_limits.h"

#include <fts.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "util/cleanup.h"

/*
 * Measured: libbabeltrace2 takes 90 bytes, and 1.5 microseconds, for each byte of metadata, and 130
 * bytes for each packet, of which LTTng makes none of less than 4 KiB. Histograms take up to 2 GiB
 * (model/histogram.h). All limits are several times that.
 */
enum {
    OPENING_MIB = 256,
    OPENING_BYTES_METADATA = 400,
    OPENING_BYTES_STREAM = 4,
    READING_MIB = 4096,
    STUCK_SECONDS = 10,
    METADATA_BYTES_SECOND = 100000,
    STREAM_BYTES_SECOND = 100000000,
};

/* Adds up the sizes of the files below the directory. */
static void sum_files(const char *path, uint64_t *metadata, uint64_t *streams)
{
    char *const roots[] = {(char *)path, NULL};
    FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, NULL);
    for (FTSENT *entry; tree && (entry = fts_read(tree));)
        if (entry->fts_info == FTS_F)
            *(strcmp(entry->fts_name, "metadata") == 0 ? metadata : streams) +=
                (uint64_t)entry->fts_statp->st_size;
    if (tree)
        fts_close(tree);
}

/* Private writable memory, in bytes: proc_pid_statm(5). */
static uint64_t data_bytes(void)
{
    unsigned long long pages = 0;
    cleanup(cleanup_file) FILE *file = fopen("/proc/self/statm", "re");
    if (!file || fscanf(file, "%*u %*u %*u %*u %*u %llu", &pages) != 1)
        return 0;
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void limit_memory(const struct reading_limits *limits, uint64_t more)
{
    struct rlimit limit = limits->before;
    if (limits->data + more < limit.rlim_cur)
        limit.rlim_cur = limits->data + more;
    setrlimit(RLIMIT_DATA, &limit);
}

/* SIGVTALRM comes after so many seconds on a CPU. 0: never. */
static void limit_time(uint64_t seconds)
{
    const struct itimerval timer = {.it_value.tv_sec = (time_t)seconds};
    setitimer(ITIMER_VIRTUAL, &timer, NULL);
}

void reading_limits_begin(struct reading_limits *limits, const char *path)
{
    uint64_t metadata = 0, streams = 0;
    if (getrlimit(RLIMIT_DATA, &limits->before) < 0)
        return;
    sum_files(path, &metadata, &streams);
    limits->is_set = true;
    limits->data = data_bytes();
    limit_memory(limits, ((uint64_t)OPENING_MIB << 20) + OPENING_BYTES_METADATA * metadata +
                             OPENING_BYTES_STREAM * streams);
    limit_time(STUCK_SECONDS + metadata / METADATA_BYTES_SECOND + streams / STREAM_BYTES_SECOND);
}

void reading_limits_progress(struct reading_limits *limits)
{
    if (!limits->is_set)
        return;
    if (!limits->is_open)
        limit_memory(limits, (uint64_t)READING_MIB << 20);
    limits->is_open = true;
    limit_time(STUCK_SECONDS);
}

void reading_limits_hold(const struct reading_limits *limits)
{
    if (limits->is_set)
        limit_time(0);
}

void reading_limits_end(struct reading_limits *limits)
{
    if (!limits->is_set)
        return;
    limit_time(0);
    setrlimit(RLIMIT_DATA, &limits->before);
    limits->is_set = limits->is_open = false;
}
