/* SPDX-License-Identifier: MIT */
/*
 * Whether what a session has recorded is in its files. The session daemon can be asked
 * (lttng_data_pending()), but that of LTTng 2.13.9 aborts when the session is started at that
 * moment, by whomever; so the files are looked at. Stopping a session ends a packet, perhaps an
 * empty one, in each of its streams, and the consumer writes a packet's entry of the index once the
 * packet is written (lttng-tools 2.13, ust_app_stop_trace_all() and consumer_stream_write_index()).
 * The index: lttng-tools 2.13, src/common/index/ctf-index.h.
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
    LOOK_EVERY_NS = 2000000,
    DATA_TIMEOUT_S = 60,    /* for the consumer to write out what is in the rings */
    DISK_TIMEOUT_MS = 1000, /* ... on a full disk */
};

/* All numbers are big-endian. */
struct index_header {
    uint32_t magic, major, minor;
    uint32_t entry_size;
};

struct index_entry {
    uint64_t offset, packet_size, content_size;
    uint64_t begin, end; /* time of the trace's clock: CLOCK_MONOTONIC in ns */
};

/* A look at the streams of the session. */
struct look {
    const struct lttng_channel *channels;
    int n_channels;
    uint64_t since;
    bool pending; /* a stream has no packet that ended since then */
};

/* When the last packet of the file ended; 0: it has none yet. */
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

/* "CHANNEL_CPU.idx", or "CHANNEL_CPU_FILE.idx" where a stream is cut into files
   (lttng-enable-channel(1),
   --tracefile-size). The length of what is the stream's; 0: it is none of the session's. */
static size_t stream_length(const struct look *look, const char *name)
{
    for (int i = 0; i < look->n_channels; i++) {
        const struct lttng_channel *channel = &look->channels[i];
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

/* Whether a file of that stream, in files of which another may be written to, has the end. */
static bool stream_has_ended(const struct look *look, DIR *dir, const char *name, size_t length)
{
    if (last_end(dirfd(dir), name) >= look->since)
        return true;
    if (name[length] != '_')
        return false;
    for (unsigned file = 0;; file++) {
        char other[NAME_MAX + 1];
        int n = snprintf(other, sizeof(other), "%.*s_%u" INDEX_SUFFIX, (int)length, name, file);
        if (n < 0 || (size_t)n >= sizeof(other) || faccessat(dirfd(dir), other, F_OK, 0) < 0)
            return false;
        if (last_end(dirfd(dir), other) >= look->since)
            return true;
    }
}

static void look_at_index(struct look *look, DIR *dir)
{
    const struct dirent *entry;
    while (!look->pending && (entry = readdir(dir))) {
        size_t length = stream_length(look, entry->d_name);
        look->pending = length > 0 && !stream_has_ended(look, dir, entry->d_name, length);
    }
}

/* The text as a pattern of glob(3) that matches it alone. The caller frees; NULL when memory is
 * out. */
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

/* The directories of indexes below PATH/CHUNK where this process's streams are. */
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

/* The number of the chunk in whose directory, "PATH/TIME-NUMBER", that is; a chunk that has been
   rotated out of is about to be moved away. */
static long chunk_number(const char *name, size_t path_length)
{
    const char *end = strchrnul(name + path_length + 1, '/');
    const char *dash = memrchr(name + path_length, '-', (size_t)(end - name) - path_length);
    return dash ? strtol(dash + 1, NULL, 10) : 0;
}

static bool streams_have_ended(struct look *look, const char *path)
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
            look_at_index(look, dir);
    }
    globfree(&found);
    return !look->pending;
}

int session_wait_written(struct session *session, uint64_t since, struct error *err)
{
    cleanup(cleanup_free) struct lttng_channel *channels = NULL;
    const struct timespec pause = {.tv_nsec = LOOK_EVERY_NS};
    int64_t began = clock_ms();
    /* What a clock of the user's shows cannot be compared with ours. */
    if (session->path[0] != '/' || session->snapshots || getenv("LTTNG_UST_CLOCK_PLUGIN"))
        return 0;
    session_asks(session);
    struct look look = {.since = since, .n_channels = session_list_channels(session, &channels)};
    look.channels = channels;
    session->asked_ms = 0; /* nobody is asked from here on */
    while (look.pending = false, !streams_have_ended(&look, session->path)) {
        if (clock_ms() - began > DISK_TIMEOUT_MS && session_check_disk(session, err) < 0)
            return err->code;
        if (clock_ms() - began >= DATA_TIMEOUT_S * 1000)
            return error_set(err, -ETIMEDOUT,
                             "session %s did not write out its data in %d seconds: the trace in "
                             "%s may lack its end",
                             session->name, DATA_TIMEOUT_S, session->path);
        nanosleep(&pause, NULL);
    }
    session_asks(session);
    return 0;
}
