/* SPDX-License-Identifier: MIT */
#include "util/byte_reader.h"

#include <stddef.h>
#include <string.h>

static void read_fixed(struct byte_reader *reader, void *value, size_t n)
{
    memset(value, 0, n);
    if (reader->failed || (size_t)(reader->end - reader->next) < n) {
        reader->failed = true;
        return;
    }
    memcpy(value, reader->next, n);
    reader->next += n;
}

uint8_t read_u8(struct byte_reader *reader)
{
    uint8_t value;
    read_fixed(reader, &value, sizeof(value));
    return value;
}

uint16_t read_u16(struct byte_reader *reader)
{
    uint16_t value;
    read_fixed(reader, &value, sizeof(value));
    return value;
}

uint32_t read_u32(struct byte_reader *reader)
{
    uint32_t value;
    read_fixed(reader, &value, sizeof(value));
    return value;
}

uint64_t read_u64(struct byte_reader *reader)
{
    uint64_t value;
    read_fixed(reader, &value, sizeof(value));
    return value;
}

static uint64_t read_leb(struct byte_reader *reader, unsigned *bits, uint8_t *last)
{
    /* Producers pad, but not by that much. */
    enum { LEB_MAX = 16 };
    uint64_t value = 0;
    unsigned n = 0;
    *bits = 0;
    do {
        reader->failed |= ++n > LEB_MAX;
        *last = read_u8(reader);
        if (*bits < 64)
            value |= (uint64_t)(*last & 0x7f) << *bits;
        *bits = *bits < 64 ? *bits + 7 : *bits;
    } while (*last & 0x80 && !reader->failed);
    return value;
}

uint64_t read_uleb(struct byte_reader *reader)
{
    unsigned bits;
    uint8_t last;
    return read_leb(reader, &bits, &last);
}

int64_t read_sleb(struct byte_reader *reader)
{
    unsigned bits;
    uint8_t last;
    uint64_t value = read_leb(reader, &bits, &last);
    if (bits < 64 && last & 0x40)
        value |= UINT64_MAX << bits;
    return (int64_t)value;
}

void read_skip(struct byte_reader *reader, uint64_t n)
{
    if (reader->failed || (uint64_t)(reader->end - reader->next) < n)
        reader->failed = true;
    else
        reader->next += n;
}

const char *read_string(struct byte_reader *reader)
{
    const char *text = (const char *)reader->next;
    const uint8_t *end =
        reader->failed ? NULL : memchr(text, '\0', (size_t)(reader->end - reader->next));
    reader->failed = !end;
    if (!end)
        return NULL;
    reader->next = end + 1;
    return text;
}
