/* SPDX-License-Identifier: MIT */
/* Split DWARF (DWARF 5, 7.3.2): a unit of which only a skeleton is in the program. */
#ifndef SYMBOLS_DWARF_SPLIT_UNIT_H
#define SYMBOLS_DWARF_SPLIT_UNIT_H

#include <elfutils/libdw.h>

#include "symbols/dwarf/dwarf_file.h"

enum split_found {
    SPLIT_FOUND,
    SPLIT_MISSING,
    SPLIT_OTHER_BUILD, /* the file is there, and does not have the skeleton's ID */
    SPLIT_COMPRESSED,  /* in a way that libelf does not know */
    SPLIT_UNREACHABLE, /* its name cannot be exchanged for that of the copy */
    SPLIT_DAMAGED,
};

/*
 * Finds the unit of the skeleton whose DIE is given, in the .dwo file that the skeleton names: by a
 * path from where `file` lies, or from where it was compiled, below `root` (-1: ours); it counts
 * only with the skeleton's ID. To be asked once for a skeleton; what is found lives as long as the
 * file's Dwarf.
 */
enum split_found split_unit_find(struct dwarf_file *file, int root, Dwarf_Die *skeleton,
                                 Dwarf_Die *unit);

/* Where the skeleton says that the .dwo file is; to be freed. NULL when memory is out. */
char *split_unit_path(Dwarf_Die *skeleton);

#endif
