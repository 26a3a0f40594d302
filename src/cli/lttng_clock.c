/* SPDX-License-Identifier: MIT */
#include "cli/lttng_clock.h"

#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/text.h"

enum {
    METADATA_READ = 64 << 10, /* bytes; the clock is at the start */
    DEPTH_MAX = 8,
};

/* The header of a packet of metadata (CTF 1.8.3, section 7.1). */
struct metadata_header {
    uint32_t magic;
    uint8_t uuid[16];
    uint32_t checksum;
    uint32_t content_size; /* bits, the header included */
    uint32_t packet_size;  /* bits */
    uint8_t compression, encryption, checksum_scheme, major, minor;
} __attribute__((packed));

static const uint32_t METADATA_MAGIC = 0x75D11D57;

/* Reads the text of the file's start. The caller frees. */
static char *read_metadata(const char *path)
{
    cleanup(cleanup_file) FILE *file = fopen(path, "re");
    cleanup(cleanup_free) char *data = malloc(METADATA_READ);
    char *text = malloc(METADATA_READ + 1);
    size_t n = file && data && text ? fread(data, 1, METADATA_READ, file) : 0;
    size_t length = 0, at = 0;
    struct metadata_header header;
    while (n - at >= sizeof(header)) {
        memcpy(&header, data + at, sizeof(header));
        size_t content = header.content_size / 8, packet = header.packet_size / 8;
        if (header.magic != METADATA_MAGIC || content < sizeof(header) || content > packet ||
            content > n - at)
            break;
        memcpy(text + length, data + at + sizeof(header), content - sizeof(header));
        length += content - sizeof(header);
        at = packet < n - at ? at + packet : n;
    }
    if (at == 0 && n > 0) { /* plain text */
        memcpy(text, data, n);
        length = n;
    }
    if (text)
        text[length] = '\0';
    return text;
}

static bool parse_offset(const char *text, int64_t *offset_ns)
{
    const char *clock = strstr(text, "clock {");
    const char *end = clock ? strchr(clock, '}') : NULL;
    const char *offset = clock ? strstr(clock, "\toffset = ") : NULL;
    char *rest;
    if (!end || !offset || offset > end || !strstr(text, "freq = 1000000000;"))
        return false;
    *offset_ns = strtoll(offset + strlen("\toffset = "), &rest, 10);
    return *rest == ';';
}

/* Whether the directory is that of another process, "NAME-PID-DATE-TIME". */
static bool is_of_other_process(const FTSENT *entry)
{
    if (entry->fts_level < 1 || strcmp(entry->fts_parent->fts_name, "pid") != 0)
        return false;
    char ours[32];
    snprintf(ours, sizeof(ours), "-%d-", (int)getpid());
    return !strstr(entry->fts_name, ours);
}

bool lttng_clock_offset(const char *directory, int64_t *offset_ns)
{
    char *const paths[] = {(char *)directory, NULL};
    bool found = false;
    FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    for (FTSENT *entry; walk && !found && (entry = fts_read(walk));) {
        if (entry->fts_info == FTS_D && entry->fts_level > 0 &&
            (entry->fts_level > DEPTH_MAX || strcmp(entry->fts_name, "kernel") == 0 ||
             strncmp(entry->fts_name, "in-process-", 11) == 0 || is_of_other_process(entry)))
            fts_set(walk, entry, FTS_SKIP);
        if (entry->fts_info != FTS_F || strcmp(entry->fts_name, "metadata") != 0)
            continue;
        cleanup(cleanup_free) char *text = read_metadata(entry->fts_accpath);
        found = text && parse_offset(text, offset_ns);
    }
    if (walk)
        fts_close(walk);
    return found;
}
