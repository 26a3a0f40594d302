/* SPDX-License-Identifier: MIT */
/* Decodes untrusted bytes in order. */
#ifndef UTIL_BYTE_READER_H
#define UTIL_BYTE_READER_H

#include <stdbool.h>
#include <stdint.h>

/* What is left to decode. After an attempt to read more, `failed` is set and all values are 0. */
struct byte_reader {
    const uint8_t *next, *end;
    bool failed;
};

uint8_t read_u8(struct byte_reader *reader);
uint16_t read_u16(struct byte_reader *reader);
uint32_t read_u32(struct byte_reader *reader);
uint64_t read_u64(struct byte_reader *reader);
/* DWARF 5, 7.6. Bits above the 64th are lost. */
uint64_t read_uleb(struct byte_reader *reader);
int64_t read_sleb(struct byte_reader *reader);
void read_skip(struct byte_reader *reader, uint64_t n);
/* A text that ends in NUL; NULL after an attempt to read more than there is. */
const char *read_string(struct byte_reader *reader);

#endif
