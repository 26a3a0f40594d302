/* SPDX-License-Identifier: MIT */
/* Bytes of an untrusted file: reading them, and decoding them in order. */
#ifndef SYMBOLS_CODE_FILE_BYTES_H
#define SYMBOLS_CODE_FILE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "symbols/elf/elf_file.h"
#include "util/error.h"

/* Reads n bytes at `offset`. -ESTALE: the file is shorter; or the errno of reading. */
MUST_CHECK int file_bytes_read(int fd, void *bytes, size_t n, uint64_t offset);

/* Reads n bytes that the file has for the address, of any segment. -EFAULT: there are none. */
MUST_CHECK int file_bytes_at(const struct elf_file *file, int fd, uint64_t at, void *bytes,
                             size_t n);

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

#endif
