/* SPDX-License-Identifier: MIT */
/*
 * Waits until the records of a session are in its files. Not by lttng_data_pending(): the session
 * daemon of LTTng 2.13.9 aborts when another process starts the session at that moment. So this
 * reads the index files. To stop a session ends a packet, perhaps an empty one, in each of its
 * streams, and the consumer daemon writes the index entry after the packet (lttng-tools 2.13,
 * ust_app_stop_trace_all() and consumer_stream_write_index()). The format of the index: lttng-tools
 * 2.13, src/common/index/ctf-index.h.
 */
#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tp/session/session_internal.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/text.h"

#define INDEX_SUFFIX ".idx"

enum {
    INDEX_MAGIC = 0xC1F1DCC1,
    POLL_PERIOD_NS = 2000000,
    DATA_TIMEOUT_S = 60,    /* for the consumer daemon to write the ring buffers */
    DISK_TIMEOUT_MS = 1000, /* the same on a full disk */
};

/* All numbers are big-endian. */
struct index_header {
    uint32_t magic, major, minor;
    uint32_t entry_size;
};

struct index_entry {
    uint64_t offset, packet_size, content_size;
    uint64_t begin, end; /* CLOCK_MONOTONIC in ns */
};

/* State of one check of the session's streams. */
struct stream_check {
    const struct lttng_channel *channels;
    int n_channels;
    uint64_t since;
    bool pending; /* a stream has no packet that ended at `since` or later */
};

/* The end time of the last packet in the index; 0: there is none. */
static uint64_t last_end(int directory, const char *name)
{
    struct index_header header;
    struct index_entry entry;
    struct stat status;
    cleanup(cleanup_fd) int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) ||
        pread(fd, &header, sizeof(header), 0) != sizeof(header) ||
        be32toh(header.magic) != (uint32_t)INDEX_MAGIC)
        return 0;
    off_t size = be32toh(header.entry_size);
    if (size < (off_t)sizeof(entry) || status.st_size < (off_t)sizeof(header) + size)
        return 0;
    off_t n = (status.st_size - (off_t)sizeof(header)) / size;
    if (pread(fd, &entry, sizeof(entry), (off_t)sizeof(header) + (n - 1) * size) != sizeof(entry))
        return 0;
    return be64toh(entry.end);
}

/*
 * The length of the stream's name in the name of an index file: "CHANNEL_CPU.idx" or, with several
 * trace files per stream (lttng-enable-channel(1), --tracefile-size), "CHANNEL_CPU_FILE.idx". 0:
 * not an index file of the session.
 */
static size_t stream_length(const struct stream_check *check, const char *name)
{
    for (int i = 0; i < check->n_channels; i++) {
        const struct lttng_channel *channel = &check->channels[i];
        size_t length = strlen(channel->name);
        if (strncmp(name, channel->name, length) != 0 || name[length] != '_')
            continue;
        size_t cpu = strspn(name + length + 1, "0123456789");
        const char *rest = name + length + 1 + cpu;
        if (cpu == 0)
            continue;
        if (*rest == '_' && channel->attr.tracefile_size > 0)
            rest += 1 + strspn(rest + 1, "0123456789");
        if (strcmp(rest, INDEX_SUFFIX) == 0)
            return length + 1 + cpu;
    }
    return 0;
}

/* Whether the stream has a packet that ended at `since` or later, in this index file or in another
   one of the stream. */
static bool stream_has_ended(const struct stream_check *check, DIR *dir, const char *name,
                             size_t length)
{
    if (last_end(dirfd(dir), name) >= check->since)
        return true;
    if (name[length] != '_')
        return false;
    for (unsigned file = 0;; file++) {
        char other[NAME_MAX + 1];
        int n = snprintf(other, sizeof(other), "%.*s_%u" INDEX_SUFFIX, (int)length, name, file);
        if (n < 0 || (size_t)n >= sizeof(other) || faccessat(dirfd(dir), other, F_OK, 0) < 0)
            return false;
        if (last_end(dirfd(dir), other) >= check->since)
            return true;
    }
}

static void check_index(struct stream_check *check, DIR *dir)
{
    const struct dirent *entry;
    while (!check->pending && (entry = readdir(dir))) {
        size_t length = stream_length(check, entry->d_name);
        check->pending = length > 0 && !stream_has_ended(check, dir, entry->d_name, length);
    }
}

/* Escapes the text for glob(3). NULL: out of memory. The caller frees. */
static char *escaped(const char *text)
{
    char *pattern = malloc(2 * strlen(text) + 1), *out = pattern;
    for (; pattern && *text; text++) {
        if (strchr("*?[\\", *text))
            *out++ = '\\';
        *out++ = *text;
    }
    if (pattern)
        *out = '\0';
    return pattern;
}

/* The index directories below PATH/CHUNK with streams of this process. */
static void find_indexes(const char *path, const char *chunk, glob_t *found)
{
    char below[64];
    snprintf(below, sizeof(below), "ust/uid/%u/64-bit/index", (unsigned)getuid());
    for (int each = 0; each < 2; each++) {
        cleanup(cleanup_free) char *pattern = text_format("%s%s/%s", path, chunk, below);
        if (pattern)
            (void)glob(pattern, GLOB_NOSORT | (each ? GLOB_APPEND : 0), NULL, found);
        snprintf(below, sizeof(below), "ust/pid/*-%d-*/index", (int)getpid());
    }
}

/* The number of the trace chunk of a directory "PATH/TIME-NUMBER/...". Older chunks are being
   moved. */
static long chunk_number(const char *name, size_t path_length)
{
    const char *end = strchrnul(name + path_length + 1, '/');
    const char *dash = memrchr(name + path_length, '-', (size_t)(end - name) - path_length);
    return dash ? strtol(dash + 1, NULL, 10) : 0;
}

static bool streams_have_ended(struct stream_check *check, const char *path)
{
    glob_t found = {0};
    cleanup(cleanup_free) char *pattern = escaped(path);
    size_t length = strlen(path);
    long newest = -1;
    if (!pattern)
        return true;
    find_indexes(pattern, "", &found);
    bool rotated = found.gl_pathc == 0;
    if (rotated) {
        globfree(&found);
        find_indexes(pattern, "/*-*", &found);
    }
    for (size_t i = 0; rotated && i < found.gl_pathc; i++) {
        long number = chunk_number(found.gl_pathv[i], length);
        newest = number > newest ? number : newest;
    }
    for (size_t i = 0; i < found.gl_pathc; i++) {
        cleanup(cleanup_dir) DIR *dir = NULL;
        if ((!rotated || chunk_number(found.gl_pathv[i], length) == newest) &&
            (dir = opendir(found.gl_pathv[i])))
            check_index(check, dir);
    }
    globfree(&found);
    return !check->pending;
}

int session_wait_pending_data(struct session *session, uint64_t since, struct error *err)
{
    cleanup(cleanup_free) struct lttng_channel *channels = NULL;
    const struct timespec pause = {.tv_nsec = POLL_PERIOD_NS};
    int64_t began = clock_ms();
    /* Times of a clock plugin cannot be compared with ours. */
    if (session->path[0] != '/' || session->snapshots || getenv("LTTNG_UST_CLOCK_PLUGIN"))
        return 0;
    session_mark_waiting(session);
    struct stream_check check = {.since = since,
                                 .n_channels = session_list_channels(session, &channels)};
    check.channels = channels;
    session->waiting_since_ms = 0; /* no request from here on */
    while (check.pending = false, !streams_have_ended(&check, session->path)) {
        if (clock_ms() - began > DISK_TIMEOUT_MS && session_check_disk(session, err) < 0)
            return err->code;
        if (clock_ms() - began >= DATA_TIMEOUT_S * 1000)
            return error_set(err, -ETIMEDOUT,
                             "session %s did not write out its data in %d seconds: the trace in "
                             "%s may lack its end",
                             session->name, DATA_TIMEOUT_S, session->path);
        nanosleep(&pause, NULL);
    }
    session_mark_waiting(session);
    return 0;
}
