/* SPDX-License-Identifier: MIT */
#include "util/protobuf.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "util/text.h"

enum wire_type { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_LENGTH = 2 };

enum { VARINT_MAX = 10 };

static size_t encode_varint(unsigned char *out, uint64_t value)
{
    size_t n = 0;
    for (; value >= 0x80; value >>= 7)
        out[n++] = (unsigned char)(value | 0x80);
    out[n++] = (unsigned char)value;
    return n;
}

static void append_bytes(struct protobuf *message, const void *bytes, size_t n)
{
    size_t needed = message->bytes.count + n;
    if (needed > message->bytes.capacity) {
        unsigned char *items = realloc(message->bytes.items, needed * 2);
        message->failed |= !items;
        if (!items)
            return;
        message->bytes.items = items;
        message->bytes.capacity = needed * 2;
    }
    if (n)
        memcpy(message->bytes.items + message->bytes.count, bytes, n);
    message->bytes.count = needed;
}

static void append_varint(struct protobuf *message, uint64_t value)
{
    unsigned char bytes[VARINT_MAX];
    append_bytes(message, bytes, encode_varint(bytes, value));
}

static void append_tag(struct protobuf *message, unsigned field, enum wire_type type)
{
    append_varint(message, (uint64_t)field << 3 | type);
}

void protobuf_add_number(struct protobuf *message, unsigned field, uint64_t value)
{
    append_tag(message, field, WIRE_VARINT);
    append_varint(message, value);
}

void protobuf_add_double(struct protobuf *message, unsigned field, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    bits = htole64(bits);
    append_tag(message, field, WIRE_FIXED64);
    append_bytes(message, &bits, sizeof(bits));
}

void protobuf_add_text(struct protobuf *message, unsigned field, const char *text)
{
    size_t size = 4 * strlen(text) + 1;
    char *safe = malloc(size);
    message->failed |= !safe;
    size_t length = safe ? text_escape(safe, size, text, strlen(text)) : 0;
    append_tag(message, field, WIRE_LENGTH);
    append_varint(message, length);
    append_bytes(message, safe, length);
    free(safe);
}

void protobuf_add_message(struct protobuf *message, unsigned field, const struct protobuf *inner)
{
    message->failed |= inner->failed;
    append_tag(message, field, WIRE_LENGTH);
    append_varint(message, inner->bytes.count);
    append_bytes(message, inner->bytes.items, inner->bytes.count);
}

void protobuf_write(const struct protobuf *message, unsigned field, FILE *stream)
{
    unsigned char bytes[2 * VARINT_MAX];
    size_t n = encode_varint(bytes, (uint64_t)field << 3 | WIRE_LENGTH);
    n += encode_varint(bytes + n, message->bytes.count);
    fwrite(bytes, 1, n, stream);
    if (message->bytes.count)
        fwrite(message->bytes.items, 1, message->bytes.count, stream);
}

bool protobuf_failed(const struct protobuf *message)
{
    return message->failed;
}

void protobuf_clear(struct protobuf *message)
{
    message->bytes.count = 0;
    message->failed = false;
}

void protobuf_free(struct protobuf *message)
{
    vec_free(&message->bytes);
}
