/* SPDX-License-Identifier: MIT */
/*
 * A private copy of those parts of an ELF file that are needed for its debug information and
 * symbols.
 *
 * A file may be overwritten or truncated at any time. A mapping would then raise SIGBUS, and data
 * that libdw has checked could change before it is used. So nothing is mapped: the headers and the
 * needed sections are copied, to the same offsets as in the file; the rest of the memory is not
 * touched. The file is not needed after the copy.
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
    Elf *elf;       /* NULL: no copy */
    char *bytes;    /* the bytes of the file; may be modified */
    size_t size;    /* of the memory; larger than the file */
    void *added[2]; /* see elf_copy_add_room() */
    int memory;     /* elf_copy_to_memfd(): the memfd with the bytes; else -1 */
};

/* The bytes after those of the file: zeros, for the user of the copy. */
enum { ELF_COPY_ROOM = 64 };

/*
 * Copies DWARF sections and notes, and with `with_symbols` symbol tables. The caller keeps the
 * descriptor. -ENOEXEC: not a 64-bit ELF file, truncated or corrupted; -ENOTSUP: a section is
 * compressed with a method that libelf does not support; -ESTALE: the file was modified meanwhile;
 * -ENOMEM; or the errno of reading. Free after success only.
 */
MUST_CHECK int elf_copy_read(struct elf_copy *copy, int fd, bool with_symbols);
/* The same, to a memfd that cannot be shortened. */
MUST_CHECK int elf_copy_to_memfd(struct elf_copy *copy, int fd);
/* Copies only the symbol tables, in their present state: never -ESTALE. */
MUST_CHECK int elf_copy_symbols(struct elf_copy *copy, int fd);
/* The same, with the dynamic relocations. */
MUST_CHECK int elf_copy_relocations(struct elf_copy *copy, int fd);
/* The same, with what else says where code is entered: unwind tables and relative relocations. */
MUST_CHECK int elf_copy_code(struct elf_copy *copy, int fd);
void elf_copy_free(struct elf_copy *copy);

/* The section with that name, or NULL. Its data is in the copy or, if it was compressed, in memory
   of libelf. */
Elf_Scn *elf_copy_section(const struct elf_copy *copy, const char *name);
/* Moves data that libelf decompressed to a buffer with ELF_COPY_ROOM zeros at its end, and includes
   these in its size. For at most two sections. */
MUST_CHECK int elf_copy_add_room(struct elf_copy *copy, Elf_Data *data);
/* Whether there is a section of DWARF units, valid or not. */
bool elf_copy_has_dwarf(const struct elf_copy *copy);
void elf_copy_build_id(const struct elf_copy *copy, struct build_id *id);

#endif
