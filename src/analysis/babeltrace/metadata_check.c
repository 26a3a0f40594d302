/* SPDX-License-Identifier: MIT */
#include "analysis/babeltrace/metadata_check.h"

#include <byteswap.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "util/cleanup.h"
#include "util/text.h"

/* The header of a packet of metadata (CTF 1.8.3, section 7.1). Sizes are in bits. */
struct __attribute__((packed)) metadata_header {
    uint32_t magic;
    uint8_t uuid[16];
    uint32_t checksum;
    uint32_t content_size;
    uint32_t packet_size;
    uint8_t compression, encryption, checksum_scheme, major, minor;
};

enum { METADATA_MAGIC = 0x75d11d57 };

static const char SIGNATURE[] = "/* CTF 1.";

/* Whether whole packets follow each other up to the end of the file. */
static bool is_whole(FILE *file, uint64_t size)
{
    struct metadata_header header;
    for (uint64_t at = 0; at < size;) {
        if (size - at < sizeof(header) || fseeko(file, (off_t)at, SEEK_SET) != 0 ||
            fread(&header, sizeof(header), 1, file) != 1)
            return false;
        bool is_swapped = header.magic == bswap_32(METADATA_MAGIC);
        if (header.magic != METADATA_MAGIC && !is_swapped)
            return false;
        uint32_t content = is_swapped ? bswap_32(header.content_size) : header.content_size;
        uint32_t packet = is_swapped ? bswap_32(header.packet_size) : header.packet_size;
        if (packet % 8 || content % 8 || content / 8 < sizeof(header) || packet < content ||
            packet / 8 > size - at)
            return false;
        at += packet / 8;
    }
    return true;
}

int metadata_check(const char *directory, struct error *err)
{
    cleanup(cleanup_free) char *path = text_format("%s/metadata", directory);
    if (!path)
        return error_set(err, -ENOMEM, "out of memory");
    cleanup(cleanup_file) FILE *file = fopen(path, "re");
    struct stat status;
    if (!file || fstat(fileno(file), &status) < 0)
        return error_set(err, -errno, "cannot read %s: %s", path, strerror(errno));
    char start[sizeof(SIGNATURE) - 1];
    if (status.st_size == 0)
        return error_set(err, -EIO,
                         "cannot read %s: it is empty; of a session that records, LTTng writes it "
                         "with `lttng stop` or `lttng rotate`",
                         path);
    if (fread(start, sizeof(start), 1, file) != 1)
        return error_set(err, -EIO, "cannot read %s: it is cut", path);
    if (memcmp(start, SIGNATURE, sizeof(start)) == 0)
        return 0;
    uint32_t magic;
    memcpy(&magic, start, sizeof(magic));
    if (magic != METADATA_MAGIC && magic != bswap_32(METADATA_MAGIC))
        return error_set(err, -EIO, "cannot read %s: it is no metadata of CTF 1.8", path);
    return is_whole(file, (uint64_t)status.st_size)
               ? 0
               : error_set(err, -EIO, "cannot read %s: it is cut or damaged", path);
}
