/* SPDX-License-Identifier: MIT */
/* Where DWARF says that a parameter lies when its function is entered. */
#ifndef SYMBOLS_DWARF_LOCATION_H
#define SYMBOLS_DWARF_LOCATION_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stdint.h>

#include "symbols/abi/abi.h"

/* What debug information says of where a parameter is. */
struct location_claim {
    struct abi_location at;
    /* It is said of the function as a whole (DWARF 5, 2.6.1), not of an address: true in the
       body, where the function may have moved the parameter to in its first instructions. */
    bool is_lasting;
    /* ... and `at` is ABI_NOWHERE, as it is ... */
    bool is_in_own_frame; /* below the arguments */
    bool is_elsewhere;    /* in, or behind, registers that carry no arguments */
    bool is_behind;       /* ... behind one */
};

/*
 * claim->at: where `parameter` lies at address `entry` (the DWARF's), if that is one or two
 * argument registers, a slot of the stack arguments, or memory that one of them holds the address
 * of (ABI_ADDRESS); ABI_NOWHERE else.
 */
void location_at_entry(Dwarf_Die *parameter, Dwarf_Die *function, uint64_t entry,
                       struct location_claim *claim);

/* Whether the parameter lies in one place of the function's frame all through the function, as
   unoptimised code has it. */
bool location_is_in_frame(Dwarf_Die *parameter);

/* How the parameter is described, wherever it is. */
enum location_form {
    LOCATION_OTHER,
    LOCATION_BEHIND_ADDRESS, /* the address is in the frame */
    LOCATION_IN_FRAME,
};

/* The form of a location that is the same all the time. */
enum location_form location_form(Dwarf_Die *parameter);

#endif
