/* SPDX-License-Identifier: MIT */
/*
 * A private copy of the parts of an ELF file that its debug information and symbols are read from.
 *
 * Anybody may write over a file, or cut it short, while it is read: of a mapping the kernel then
 * takes pages away (SIGBUS), and what libdw has checked may be something else when it is used. So
 * nothing is mapped. What is copied are the headers and the sections that are wanted, at their
 * places in the file; the rest of the copy is memory that nobody touches. The file is not needed
 * any more once it is copied.
 */
#ifndef SYMBOLS_ELF_ELF_COPY_H
#define SYMBOLS_ELF_ELF_COPY_H

#include <libelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "symbols/elf/build_id.h"
#include "util/error.h"

struct elf_copy {
    Elf *elf;       /* NULL: nothing is copied */
    char *bytes;    /* the file's, where they were copied: may be changed */
    size_t size;    /* of the memory: more than the file's */
    void *added[2]; /* see elf_copy_add_room() */
    int memory;     /* with elf_copy_to_memfd(): what the bytes lie in; else -1 */
};

/* The memory behind the file's bytes, all zeros, that belongs to who has the copy. */
enum { ELF_COPY_ROOM = 64 };

/*
 * Copies DWARF sections and notes, and symbol tables `with_symbols`. The descriptor stays the
 * caller's. -ENOEXEC: no 64-bit ELF file, truncated or corrupted; -ENOTSUP: it has sections that
 * are compressed in a way that libelf does not know; -ESTALE: it was written to meanwhile; -ENOMEM;
 * else what reading it failed with. To be freed only after success.
 */
MUST_CHECK int elf_copy_read(struct elf_copy *copy, int fd, bool with_symbols);
/* Likewise, into a file that is only in memory and that nobody can make shorter. */
MUST_CHECK int elf_copy_to_memfd(struct elf_copy *copy, int fd);
/* Copies the symbol tables only, as they are at this moment: never -ESTALE. */
MUST_CHECK int elf_copy_symbols(struct elf_copy *copy, int fd);
/* Likewise, and what the dynamic linker relocates by. */
MUST_CHECK int elf_copy_relocations(struct elf_copy *copy, int fd);
void elf_copy_free(struct elf_copy *copy);

/* The section of that name, or NULL. Its data is where it was copied to, or, when it was
   compressed, what it is uncompressed. */
Elf_Scn *elf_copy_section(const struct elf_copy *copy, const char *name);
/* Moves data that is not at its place in the copy to where ELF_COPY_ROOM zeros are behind it, and
   makes these part of it. For two sections at most. */
MUST_CHECK int elf_copy_add_room(struct elf_copy *copy, Elf_Data *data);
/* Whether there is a section of DWARF units, readable or not. */
bool elf_copy_has_dwarf(const struct elf_copy *copy);
void elf_copy_build_id(const struct elf_copy *copy, struct build_id *id);

#endif
