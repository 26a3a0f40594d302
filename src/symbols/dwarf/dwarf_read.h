/* SPDX-License-Identifier: MIT */
/*
 * Functions that read attributes of DIEs (DWARF 5, chapter 2). They follow DW_AT_abstract_origin
 * and DW_AT_specification, and terminate on damaged input.
 */
#ifndef SYMBOLS_DWARF_DWARF_READ_H
#define SYMBOLS_DWARF_DWARF_READ_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stdint.h>

/* The value of an attribute that is a constant (or the expression DW_OP_plus_uconst of DWARF 2). */
bool die_unsigned(Dwarf_Die *die, unsigned attribute, uint64_t *value);
/* DW_AT_byte_size */
bool die_size(Dwarf_Die *die, uint64_t *size);
/* Whether the flag exists and is set. */
bool die_flag(Dwarf_Die *die, unsigned attribute);
/* The DIE that DW_AT_type refers to; `type` may be the same as `die`. false when there is none. */
bool die_type(Dwarf_Die *die, Dwarf_Die *type);
/* The DIE that the own DW_AT_abstract_origin of `die` refers to. */
bool die_abstract_origin(Dwarf_Die *die, Dwarf_Die *origin);
/* Moves to the next sibling, which always has a higher address. */
bool die_next(Dwarf_Die *die);
/* Replaces *die by its type without typedefs, const, volatile and the like. false: that is void
   (die->addr is NULL then), or damaged. */
bool die_strip(Dwarf_Die *die);

#endif
