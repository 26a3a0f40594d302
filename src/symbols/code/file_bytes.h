/* SPDX-License-Identifier: MIT */
/* Bytes of an untrusted file: reading them, and decoding them in order (util/byte_reader.h). */
#ifndef SYMBOLS_CODE_FILE_BYTES_H
#define SYMBOLS_CODE_FILE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "symbols/elf/elf_file.h"
#include "util/byte_reader.h"
#include "util/error.h"

/* Reads n bytes at `offset`. -ESTALE: the file is shorter; or the errno of reading. */
MUST_CHECK int file_bytes_read(int fd, void *bytes, size_t n, uint64_t offset);

/* Reads n bytes that the file has for the address, of any segment. -EFAULT: there are none. */
MUST_CHECK int file_bytes_at(const struct elf_file *file, int fd, uint64_t at, void *bytes,
                             size_t n);

#endif
