/* SPDX-License-Identifier: MIT */
/*
 * An identity: what stands at the very start of an ELF file, its headers and its build ID, as it
 * was when the file was opened. A process has it in its memory when it has that file mapped; what
 * the path leads to may be another file by now, or the file may have been written over.
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
    size_t length; /* 0: the file maps no headers, and nothing can be told */
    uint8_t *bytes;
};

enum elf_identity_verdict {
    ELF_IDENTITY_SAME,
    ELF_IDENTITY_DIFFERENT,
    ELF_IDENTITY_UNKNOWN, /* there is none, or the memory may not be read */
};

/* Compares with the memory of a process that has the file mapped with that bias. */
enum elf_identity_verdict elf_identity_compare(const struct elf_identity *identity, pid_t pid,
                                               uint64_t load_bias);

/* Whether both files have the same headers and build ID, as far as can be told. */
bool elf_identity_equal(const struct elf_identity *a, const struct elf_identity *b);

#endif
