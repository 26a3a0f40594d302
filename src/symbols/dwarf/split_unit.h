/* SPDX-License-Identifier: MIT */
/* Split DWARF (DWARF 5, 7.3.2): the program has only a skeleton of the unit. */
#ifndef SYMBOLS_DWARF_SPLIT_UNIT_H
#define SYMBOLS_DWARF_SPLIT_UNIT_H

#include <elfutils/libdw.h>

#include "symbols/dwarf/dwarf_file.h"

enum split_found {
    SPLIT_FOUND,
    SPLIT_MISSING,
    SPLIT_OTHER_BUILD, /* the file has another ID than the skeleton */
    SPLIT_COMPRESSED,  /* with a method that libelf does not support */
    SPLIT_UNREACHABLE, /* its name cannot be replaced by that of the copy */
    SPLIT_DAMAGED,
};

/*
 * Finds the split unit of `skeleton` in the .dwo file that it names, below `root` (-1: our root). A
 * relative path starts at the directory of `file` or at the compilation directory. The unit must
 * have the skeleton's ID. Call it once for a skeleton. *unit lives as long as the file's Dwarf.
 */
enum split_found split_unit_find(struct dwarf_file *file, int root, Dwarf_Die *skeleton,
                                 Dwarf_Die *unit);

/* The path of the .dwo file according to the skeleton; to be freed. NULL: out of memory. */
char *split_unit_path(Dwarf_Die *skeleton);

#endif
