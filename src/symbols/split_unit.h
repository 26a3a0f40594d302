/* Split DWARF (DWARF 5, 7.3.2): a unit of which only a skeleton is in the program. */
#ifndef SYMBOLS_SPLIT_UNIT_H
#define SYMBOLS_SPLIT_UNIT_H

#include <elfutils/libdw.h>
#include <stdbool.h>

#include "symbols/dwarf_file.h"

/*
 * Finds the unit of the skeleton whose DIE is given, in the .dwo file that the skeleton names: by a
 * path from where `file` lies, or from where it was compiled, below `root` (-1: ours); it counts
 * only with the skeleton's ID. false when there is none. To be asked once for a skeleton; what is
 * found lives as long as the file's Dwarf.
 */
bool split_unit_find(struct dwarf_file *file, int root, Dwarf_Die *skeleton, Dwarf_Die *unit);

#endif
