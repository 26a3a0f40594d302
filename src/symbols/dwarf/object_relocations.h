/* SPDX-License-Identifier: MIT */
/*
 * A relocatable file (`cc -c`) holds zeros where its DWARF refers to another section; relocations
 * say what belongs there (gABI, chapter 4 "Relocation"). A linker applies them; libdw does not.
 */
#ifndef SYMBOLS_DWARF_OBJECT_RELOCATIONS_H
#define SYMBOLS_DWARF_OBJECT_RELOCATIONS_H

#include "symbols/elf/elf_copy.h"
#include "util/error.h"

/*
 * Applies the relocations of the copy's debug sections, which it decompresses. Does nothing in a
 * file of another type. -ENOEXEC: a table is damaged; single relocations of unknown types, and such
 * outside of their section, are left out.
 */
MUST_CHECK int object_relocations_apply(struct elf_copy *copy);

#endif
