/* SPDX-License-Identifier: MIT */
/*
 * The headers of an ELF file, checked. The file is untrusted: every offset, size and index is
 * checked against the file before use.
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
    int fd; /* open during elf_file_open() only, else -1 */
    uint64_t size;
    /* Identify the file and its version. */
    dev_t device;
    ino_t inode;
    struct timespec mtime;

    uint16_t type; /* ET_EXEC or ET_DYN */
    uint16_t machine;
    file_vaddr entry;
    size_t n_segments;
    Elf64_Phdr *segments; /* the PT_LOAD segments, as in the file */
    Elf64_Phdr dynamic;   /* PT_DYNAMIC, all zero when there is none */
    char *interpreter;    /* PT_INTERP's string, or NULL */
    struct elf_identity identity;
    char *soname; /* DT_SONAME, at most 255 bytes; NULL: none, or not readable */
    bool has_soname;
    bool has_text_relocations; /* the dynamic linker modifies the code after mapping it */
};

/*
 * Reads the file open as `fd`; takes ownership of the descriptor, also on failure. `shown_path` is
 * for messages. -ENOEXEC: not an ELF file, truncated or corrupted; -ENOTSUP: another class, byte
 * order or machine, or neither a program nor a library; or the errno of reading. Nothing stays
 * open. Call elf_file_close() after success only.
 */
MUST_CHECK int elf_file_open(struct elf_file *file, int fd, const char *shown_path,
                             struct error *err);
void elf_file_close(struct elf_file *file);

/* The address of file offset `offset`; false when no segment holds it. */
bool elf_file_vaddr_of_offset(const struct elf_file *file, uint64_t offset, file_vaddr *vaddr);
/* The file offset of `size` bytes of code; false when no executable segment holds them. */
bool elf_file_offset_of_code(const struct elf_file *file, file_vaddr vaddr, uint64_t size,
                             uint64_t *offset);
/* Whether the address is in an executable segment, in the part that the file contains. */
bool elf_file_is_code(const struct elf_file *file, file_vaddr vaddr);

#endif
