/* SPDX-License-Identifier: MIT */
/*
 * The source files of DIEs. DW_AT_decl_file is an index into a list in the header of the unit's
 * line number program. libdw reads the list only together with all lines, for which it takes many
 * times the memory, so the header is decoded here.
 */
#ifndef SYMBOLS_DWARF_SOURCE_FILES_H
#define SYMBOLS_DWARF_SOURCE_FILES_H

#include <elfutils/libdw.h>
#include <stdint.h>

#include "util/arena.h"
#include "util/table.h"

/* Those that were found, of all that is open. All zero: none. */
struct source_files {
    struct table by_index; /* a header's address and an index in its list -> path; "": not known */
    uint64_t decoded;      /* bytes of lists */
};

/*
 * The path of the file that declares the DIE or, without one of its own, the DIE that it is made
 * from (DW_AT_abstract_origin, DW_AT_specification). It is absolute if the unit tells the directory
 * of the compilation. NULL: not known, or out of memory.
 */
const char *source_files_find(struct source_files *files, Dwarf_Die *die, struct arena *arena);
/* Before a Dwarf is closed. The paths are the arena's. */
void source_files_free(struct source_files *files);

#endif
