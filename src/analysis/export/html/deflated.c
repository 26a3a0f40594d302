/* SPDX-License-Identifier: MIT */
#include "analysis/export/html/deflated.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* ---- compressed ---- */

struct deflated {
    z_stream z;
    struct spool *spool;
    uint32_t text;
    uint64_t *size;
};

/* Compresses what is in z.next_in. */
static int deflate_more(struct deflated *block, int flush)
{
    char out[16384];
    do {
        block->z.next_out = (Bytef *)out;
        block->z.avail_out = sizeof(out);
        deflate(&block->z, flush);
        size_t n = sizeof(out) - block->z.avail_out;
        int rc = spool_add(block->spool, block->text, out, n);
        if (rc < 0) {
            errno = -rc;
            return -1;
        }
        if (block->size)
            *block->size += n;
    } while (block->z.avail_out == 0);
    return 0;
}

static ssize_t deflated_write(void *cookie, const char *bytes, size_t n)
{
    struct deflated *block = cookie;
    /* In a stream's buffer, or in one piece of it: far less than 4 GiB. */
    block->z.next_in = (Bytef *)bytes;
    block->z.avail_in = (uInt)n;
    return deflate_more(block, Z_NO_FLUSH) == 0 ? (ssize_t)n : 0;
}

static int deflated_close(void *cookie)
{
    struct deflated *block = cookie;
    block->z.avail_in = 0;
    int rc = deflate_more(block, Z_FINISH);
    deflateEnd(&block->z);
    free(block);
    return rc;
}

FILE *deflated_open(struct spool *spool, uint32_t text, uint64_t *size)
{
    static const cookie_io_functions_t functions = {.write = deflated_write,
                                                    .close = deflated_close};
    struct deflated *block = calloc(1, sizeof(*block));
    if (!block)
        return NULL;
    block->spool = spool;
    block->text = text;
    block->size = size;
    if (deflateInit(&block->z, Z_DEFAULT_COMPRESSION) != Z_OK) {
        free(block);
        return NULL;
    }
    FILE *stream = fopencookie(block, "w", functions);
    if (!stream) {
        deflateEnd(&block->z);
        free(block);
    }
    return stream;
}

/* ---- base64 ---- */

struct base64 {
    FILE *to;
    unsigned char held[3];
    size_t n_held;
};

static void put_base64(struct base64 *base64)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *held = base64->held;
    unsigned bits = (unsigned)held[0] << 16 | (unsigned)held[1] << 8 | held[2];
    for (size_t i = 0; i < 4; i++)
        putc(i <= base64->n_held ? digits[bits >> (18 - 6 * i) & 63] : '=', base64->to);
    memset(base64->held, 0, sizeof(base64->held));
    base64->n_held = 0;
}

static ssize_t base64_write(void *cookie, const char *bytes, size_t n)
{
    struct base64 *base64 = cookie;
    for (size_t i = 0; i < n; i++) {
        base64->held[base64->n_held++] = (unsigned char)bytes[i];
        if (base64->n_held == 3)
            put_base64(base64);
    }
    return (ssize_t)n;
}

static int base64_close(void *cookie)
{
    struct base64 *base64 = cookie;
    if (base64->n_held)
        put_base64(base64);
    free(base64);
    return 0;
}

FILE *base64_open(FILE *to)
{
    static const cookie_io_functions_t functions = {.write = base64_write, .close = base64_close};
    struct base64 *base64 = calloc(1, sizeof(*base64));
    if (!base64)
        return NULL;
    base64->to = to;
    FILE *stream = fopencookie(base64, "w", functions);
    if (!stream)
        free(base64);
    return stream;
}

/* ---- numbers ---- */

void varint_write(FILE *stream, uint64_t number)
{
    for (; number > 0x7f; number >>= 7)
        putc((int)(number & 0x7f) | 0x80, stream);
    putc((int)number, stream);
}

void zigzag_write(FILE *stream, int64_t number)
{
    varint_write(stream, (uint64_t)number << 1 ^ (uint64_t)(number >> 63));
}
