/* SPDX-License-Identifier: MIT */
/*
 * A message in the wire format of Protocol Buffers (protobuf.dev, "Encoding"), made field by field.
 * All zero is an empty one. Without memory it is incomplete, and protobuf_failed() says so.
 */
#ifndef UTIL_PROTOBUF_H
#define UTIL_PROTOBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "util/vec.h"

struct protobuf {
    VEC(unsigned char) bytes;
    bool failed;
};

/* uint32, uint64, bool, enum; of a negative int32 or int64 its 64 bits. */
void protobuf_add_number(struct protobuf *message, unsigned field, uint64_t value);
void protobuf_add_double(struct protobuf *message, unsigned field, double value);
/* string. What is no visible character is escaped as \xNN (util/text.h): strings are UTF-8. */
void protobuf_add_text(struct protobuf *message, unsigned field, const char *text);
void protobuf_add_message(struct protobuf *message, unsigned field, const struct protobuf *inner);
/* Writes it as a field of the message that the stream is. */
void protobuf_write(const struct protobuf *message, unsigned field, FILE *stream);
bool protobuf_failed(const struct protobuf *message);
/* Makes it empty, and keeps its memory. */
void protobuf_clear(struct protobuf *message);
void protobuf_free(struct protobuf *message);

#endif
