/* SPDX-License-Identifier: MIT */
/*
 * The DWARF of an ELF file, from wherever it is: the file itself, a separate file found by build ID
 * or debug link, what debuginfod has of it; and the file that several of those share parts in
 * (dwz(1)). All of it is a private copy (see symbols/elf/elf_copy.h), no file stays open, and libdw
 * opens none by itself.
 */
#ifndef SYMBOLS_DWARF_DWARF_FILE_H
#define SYMBOLS_DWARF_DWARF_FILE_H

#include <elfutils/libdw.h>
#include <stdint.h>

#include "symbols/elf/debug_file.h"
#include "symbols/elf/debuginfod.h"
#include "symbols/elf/elf_copy.h"

struct dwarf_file {
    char *path;   /* of the file it was found in, for messages */
    char *origin; /* the same, without links: what names in it are relative to */
    struct elf_copy copy;
    Dwarf *dwarf;
    struct elf_copy shared_copy;
    Dwarf *shared; /* NULL: there is none */
    uint64_t bias; /* the DWARF's addresses + bias = those of the ELF file it is for */
};

/*
 * Looks for the DWARF of the file open as `fd`, which stays the caller's, and is searched for as
 * `search` says. -ENOENT: there is none, or it is damaged, which is said in a line; -ENOMEM. To be
 * freed also after a failure.
 */
MUST_CHECK int dwarf_file_open(struct dwarf_file *file, int fd, const struct debug_search *search,
                               struct debuginfod *debuginfod);
void dwarf_file_free(struct dwarf_file *file);
/* The one line for what cannot be read. */
void dwarf_file_warn(const char *path, const char *why);
/* The same for what nobody here can uncompress. */
void dwarf_file_warn_compressed(const char *path);

#endif
