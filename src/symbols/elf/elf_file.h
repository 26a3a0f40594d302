/* SPDX-License-Identifier: MIT */
/*
 * One ELF file, opened and checked. It comes from whoever built the traced program, so nothing in
 * it is believed: every offset, size and index is held against the file before it is used.
 */
#ifndef SYMBOLS_ELF_ELF_FILE_H
#define SYMBOLS_ELF_ELF_FILE_H

#include <elf.h>
#include <libelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "symbols/elf/elf_identity.h"
#include "util/addr.h"
#include "util/error.h"

struct elf_file {
    int fd; /* while it is read by elf_file_open(), else -1 */
    uint64_t size;
    /* What tells this file from any other, and from itself rewritten. */
    dev_t device;
    ino_t inode;
    struct timespec mtime;

    uint16_t type; /* ET_EXEC or ET_DYN */
    uint16_t machine;
    file_vaddr entry;
    size_t n_segments;
    Elf64_Phdr *segments; /* the PT_LOAD ones, as they are in the file */
    Elf64_Phdr dynamic;   /* PT_DYNAMIC, all zero when there is none */
    char *interpreter;    /* PT_INTERP's string, or NULL */
    struct elf_identity identity;
    bool has_soname;
    bool has_text_relocations; /* the dynamic linker changes its code when it has mapped it */
};

/*
 * Reads the file open as `fd`, which it takes over, whatever comes of it; messages call it
 * `shown_path`. -ENOEXEC: no ELF file, truncated or corrupted; -ENOTSUP: an ELF file of another
 * class, byte order or machine, or one that is neither program nor library; else the errno of
 * reading. Nothing stays open; to be freed by elf_file_close(), only after
 * success.
 */
MUST_CHECK int elf_file_open(struct elf_file *file, int fd, const char *shown_path,
                             struct error *err);
void elf_file_close(struct elf_file *file);

/* The address of file offset `offset`; false when no segment holds it. */
bool elf_file_vaddr_of_offset(const struct elf_file *file, uint64_t offset, file_vaddr *vaddr);
/* The file offset of `size` bytes of code; false when no executable segment holds them. */
bool elf_file_offset_of_code(const struct elf_file *file, file_vaddr vaddr, uint64_t size,
                             uint64_t *offset);
/* Whether the address lies in what the file brings of an executable segment. */
bool elf_file_is_code(const struct elf_file *file, file_vaddr vaddr);

#endif
