/* SPDX-License-Identifier: MIT */
/*
 * The identity of an ELF file: its headers and its build ID, from the start of the file, as they
 * were when it was opened. A process that maps the file has the same bytes in memory. The path may
 * refer to another file by now, or the file may have been overwritten.
 */
#ifndef SYMBOLS_ELF_ELF_IDENTITY_H
#define SYMBOLS_ELF_ELF_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/addr.h"

enum { ELF_IDENTITY_MAX = 4096 };

struct elf_identity {
    file_vaddr at;
    size_t length; /* 0: no segment maps the headers; not comparable */
    uint8_t *bytes;
};

enum elf_identity_verdict {
    ELF_IDENTITY_SAME,
    ELF_IDENTITY_DIFFERENT,
    ELF_IDENTITY_UNKNOWN, /* no identity, or the memory cannot be read */
};

/* Compares it with the memory of a process that has the file mapped with that load bias. */
enum elf_identity_verdict elf_identity_compare(const struct elf_identity *identity, pid_t pid,
                                               uint64_t load_bias);

/* Whether both files have the same headers and build ID. */
bool elf_identity_equal(const struct elf_identity *a, const struct elf_identity *b);

#endif
