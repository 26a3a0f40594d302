/* SPDX-License-Identifier: MIT */
/*
 * The DWARF of an ELF file: in the file itself, in a separate file found by build ID or debug link,
 * or from debuginfod; and the file with the parts that several of those share (dwz(1)). Everything
 * is a private copy (see symbols/elf/elf_copy.h): no file stays open, and libdw opens none.
 */
#ifndef SYMBOLS_DWARF_DWARF_FILE_H
#define SYMBOLS_DWARF_DWARF_FILE_H

#include <elfutils/libdw.h>
#include <stdint.h>

#include "symbols/elf/debug_file.h"
#include "symbols/elf/debuginfod.h"
#include "symbols/elf/elf_copy.h"

struct dwarf_file {
    char *path;   /* of the file that contains it, for messages */
    char *origin; /* `path` without symbolic links: names in the file are relative to it */
    struct elf_copy copy;
    Dwarf *dwarf;
    struct elf_copy shared_copy;
    Dwarf *shared; /* NULL: none */
    uint64_t bias; /* add it to an address of the DWARF to get one of the ELF file */
};

/*
 * Finds the DWARF of the file open as `fd`, as `search` says. The caller keeps the descriptor.
 * -ENOENT: there is none; -EBADMSG: it is damaged, which is logged; -ENOMEM. Call dwarf_file_free()
 * after a failure, too.
 */
MUST_CHECK int dwarf_file_open(struct dwarf_file *file, int fd, const struct debug_search *search,
                               struct debuginfod *debuginfod);
void dwarf_file_free(struct dwarf_file *file);
/* Logs a warning for debug information that cannot be read. */
void dwarf_file_warn(const char *path, const char *why);
/* Logs a warning for debug information that libelf cannot decompress. */
void dwarf_file_warn_compressed(const char *path);

#endif
