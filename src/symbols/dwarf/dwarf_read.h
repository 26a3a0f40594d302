/* SPDX-License-Identifier: MIT */
/*
 * Small readers of DIEs (DWARF 5, chapter 2) that follow DW_AT_abstract_origin and
 * DW_AT_specification, and end on damaged input.
 */
#ifndef SYMBOLS_DWARF_DWARF_READ_H
#define SYMBOLS_DWARF_DWARF_READ_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stdint.h>

/* The attribute's value when it is a constant (or the expression "plus a constant" of DWARF 2). */
bool die_unsigned(Dwarf_Die *die, unsigned attribute, uint64_t *value);
/* DW_AT_byte_size */
bool die_size(Dwarf_Die *die, uint64_t *size);
/* Whether the flag is there and set. */
bool die_flag(Dwarf_Die *die, unsigned attribute);
/* The DIE that DW_AT_type refers to; `type` may be `die`. false when there is none. */
bool die_type(Dwarf_Die *die, Dwarf_Die *type);
/* The DIE that the die's own DW_AT_abstract_origin refers to. */
bool die_abstract_origin(Dwarf_Die *die, Dwarf_Die *origin);
/* Moves on to the next sibling, which always lies behind this one. */
bool die_next(Dwarf_Die *die);
/* Goes in place to what stands behind typedefs, const, volatile and the like. false when that is
   void (die->addr is NULL then) or damaged. */
bool die_strip(Dwarf_Die *die);

#endif
