/* SPDX-License-Identifier: MIT */
/*
 * packet_delay DIRECTORY: reads a trace of our own (src/tp/ctf/ctf_packet.h) while it is written,
 * until stdin ends, and prints the number of records made since it began, and how much later than
 * their times they were seen in the files, in microseconds: "records N median N p99 N most N".
 * Looks every 200 microseconds; that is part of the delay.
 *
 * It does not read the metadata: that records of one event have one size it finds out by the first
 * of each that another follows.
 */
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tp/ctf/ctf_packet.h"

enum {
    STREAMS_MAX = 64,
    EVENTS_MAX = 16,
    DELAYS_MAX = 2000000, /* us */
    LOOK_NS = 200000,
    FIND_EVERY = 500, /* looks, until new files are found */
};

struct stream {
    char name[256];
    int fd;
    off_t packet;
    uint64_t seen; /* bytes of it that were read */
    uint64_t time; /* of the last record */
};

static struct stream streams[STREAMS_MAX];
static unsigned n_streams;
static size_t sizes[EVENTS_MAX];
static uint64_t delays[DELAYS_MAX + 1], records, started;

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void give_up(const char *why)
{
    fprintf(stderr, "packet_delay: %s\n", why);
    exit(1);
}

static void find_streams(const char *path)
{
    const struct dirent *entry;
    DIR *directory = opendir(path);
    if (!directory)
        give_up("no such directory");
    while ((entry = readdir(directory))) {
        unsigned i = 0;
        if (strncmp(entry->d_name, "channel", 7) != 0)
            continue;
        while (i < n_streams && strcmp(streams[i].name, entry->d_name) != 0)
            i++;
        if (i < n_streams)
            continue;
        if (n_streams == STREAMS_MAX)
            give_up("too many streams");
        struct stream *stream = &streams[n_streams++];
        snprintf(stream->name, sizeof(stream->name), "%s", entry->d_name);
        stream->fd = openat(dirfd(directory), entry->d_name, O_RDONLY | O_CLOEXEC);
        if (stream->fd < 0)
            give_up("a file cannot be opened");
    }
    closedir(directory);
}

static bool is_record(const struct ctf_record *record, uint64_t time)
{
    return record->id < EVENTS_MAX && record->timestamp >= time &&
           record->timestamp < time + 1000000000;
}

/* The size of the record at `at`, which has the time; 0: it is the last. */
static size_t size_at(const uint8_t *page, size_t at, size_t end, uint64_t time)
{
    struct ctf_record record;
    memcpy(&record, page + at, sizeof(record));
    if (record.id >= EVENTS_MAX)
        give_up("unknown events");
    for (size_t size = sizeof(record); !sizes[record.id]; size++) {
        struct ctf_record next;
        if (at + size + sizeof(next) > end)
            return 0;
        memcpy(&next, page + at + size, sizeof(next));
        if (is_record(&next, time))
            sizes[record.id] = size;
    }
    return sizes[record.id];
}

static void count(uint64_t time, uint64_t now)
{
    uint64_t us = now > time ? (now - time) / 1000 : 0;
    if (time < started)
        return;
    delays[us < DELAYS_MAX ? us : DELAYS_MAX]++;
    records++;
}

/* What is new in the packet. false: it is not there yet, or not full. */
static bool read_packet(struct stream *stream, bool last)
{
    uint8_t page[CTF_PAGE];
    struct ctf_packet packet;
    if (pread(stream->fd, page, sizeof(page), stream->packet) != sizeof(page))
        return false;
    uint64_t now = now_ns();
    memcpy(&packet, page, sizeof(packet));
    if (packet.magic != CTF_MAGIC || packet.packet_size != CTF_PAGE * 8)
        give_up("unknown packets");
    size_t end = packet.content_size / 8, at = stream->seen ? stream->seen : sizeof(packet);
    while (at < end) {
        struct ctf_record record;
        memcpy(&record, page + at, sizeof(record));
        size_t size = size_at(page, at, end, record.timestamp);
        if (record.timestamp < stream->time || (size && at + size > end))
            give_up("records of several sizes");
        if (!size && !last)
            break;
        count(record.timestamp, now);
        stream->time = record.timestamp;
        at = size ? at + size : end;
    }
    stream->seen = at;
    return true;
}

static void look(struct stream *stream, bool last)
{
    struct stat status;
    while (read_packet(stream, last)) {
        /* The next one is begun when this one is full. */
        if (fstat(stream->fd, &status) < 0 || status.st_size <= stream->packet + CTF_PAGE)
            return;
        read_packet(stream, true);
        stream->packet += CTF_PAGE;
        stream->seen = 0;
    }
}

static uint64_t percentile(unsigned percent)
{
    uint64_t n = 0, us = 0;
    while (us < DELAYS_MAX && (n += delays[us]) * 100 < records * percent)
        us++;
    return us;
}

int main(int argc, char **argv)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    const struct timespec pause = {.tv_nsec = LOOK_NS};
    if (argc != 2)
        give_up("usage: packet_delay DIRECTORY");
    started = now_ns();
    for (unsigned i = 0; poll(&input, 1, 0) == 0; i++) {
        if (i % FIND_EVERY == 0)
            find_streams(argv[1]);
        for (unsigned s = 0; s < n_streams; s++)
            look(&streams[s], false);
        nanosleep(&pause, NULL);
    }
    if (!records)
        give_up("no records");
    uint64_t most = DELAYS_MAX;
    while (!delays[most])
        most--;
    printf("records %lu median %lu p99 %lu most %lu\n", (unsigned long)records,
           (unsigned long)percentile(50), (unsigned long)percentile(99), (unsigned long)most);
    return 0;
}
