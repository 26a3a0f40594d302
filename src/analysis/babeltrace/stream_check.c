/* SPDX-License-Identifier: MIT */
#include "analysis/babeltrace/stream_check.h"

#include <byteswap.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/text.h"

/* The beginning of a packet, without padding. */
struct __attribute__((packed)) packet_start {
    uint32_t magic;
    uint8_t uuid[16];
    uint32_t stream_id;
    uint64_t stream_instance_id;
    uint64_t timestamp_begin, timestamp_end;
    uint64_t content_size, packet_size; /* in bits */
};

enum { PACKET_MAGIC = (int)0xc1fc1fc1, METADATA_START = 1 << 16 };

/* Whether the metadata declare these fields, in this order. */
static bool declares_start(const char *directory)
{
    static const char *const fields[] = {
        "magic;",           "uuid[16];",      "stream_id;",    "stream_instance_id;",
        "timestamp_begin;", "timestamp_end;", "content_size;", "packet_size;",
    };
    cleanup(cleanup_free) char *path = text_format("%s/metadata", directory);
    cleanup(cleanup_free) char *text = calloc(1, METADATA_START);
    cleanup(cleanup_file) FILE *file = path && text ? fopen(path, "re") : NULL;
    if (!file)
        return false;
    const char *at = text, *end = text + fread(text, 1, METADATA_START, file);
    for (size_t i = 0; at && i < sizeof(fields) / sizeof(fields[0]); i++)
        at = memmem(at, (size_t)(end - at), fields[i], strlen(fields[i]));
    return at;
}

static bool has_packet_without_size(int fd, uint64_t file_size)
{
    struct packet_start start;
    for (uint64_t at = 0; at < file_size;) {
        if (pread(fd, &start, sizeof(start), (off_t)at) != (ssize_t)sizeof(start))
            return false;
        bool is_swapped = start.magic == bswap_32((uint32_t)PACKET_MAGIC);
        if (start.magic != (uint32_t)PACKET_MAGIC && !is_swapped)
            return false;
        uint64_t bytes = (is_swapped ? bswap_64(start.packet_size) : start.packet_size) / 8;
        if (bytes == 0)
            return true;
        if (bytes > file_size - at)
            return false;
        at += bytes;
    }
    return false;
}

int stream_check(const char *directory, uint64_t *bytes, struct error *err)
{
    bool is_known = declares_start(directory);
    cleanup(cleanup_dir) DIR *entries = opendir(directory);
    for (struct dirent *entry; entries && (entry = readdir(entries));) {
        struct stat status;
        if (entry->d_name[0] == '.' || strcmp(entry->d_name, "metadata") == 0 ||
            fstatat(dirfd(entries), entry->d_name, &status, 0) < 0 || !S_ISREG(status.st_mode))
            continue;
        *bytes += (uint64_t)status.st_size;
        cleanup(cleanup_fd) int fd =
            is_known ? openat(dirfd(entries), entry->d_name, O_RDONLY | O_CLOEXEC) : -1;
        if (fd >= 0 && has_packet_without_size(fd, (uint64_t)status.st_size))
            return error_set(err, -EIO, "cannot read %s/%s: it is cut or damaged", directory,
                             entry->d_name);
    }
    return 0;
}
