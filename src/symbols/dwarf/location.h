/* SPDX-License-Identifier: MIT */
/* The location of a parameter in DWARF at its function's entry. */
#ifndef SYMBOLS_DWARF_LOCATION_H
#define SYMBOLS_DWARF_LOCATION_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stdint.h>

#include "symbols/abi/abi.h"

/* The location that debug information claims. */
struct location_claim {
    struct abi_location at;
    /* The location is given for the whole function (DWARF 5, 2.6.1), not for addresses. It is valid
       in the body; the first instructions may have moved the parameter there. */
    bool is_whole_function;
    /* The following are set only for such a location where `at` is ABI_NOWHERE: */
    bool is_in_own_frame; /* in the function's frame, below the arguments */
    bool is_elsewhere;    /* in a register without arguments, or in memory at an address in one */
    bool is_behind;       /* in memory at such an address */
};

/*
 * Sets claim->at to the place of `parameter` at address `entry` (an address of the DWARF) if that
 * is one or two argument registers, a slot of the stack arguments, or memory at an address in one
 * of them (ABI_ADDRESS); otherwise to ABI_NOWHERE.
 */
void location_at_entry(Dwarf_Die *parameter, Dwarf_Die *function, uint64_t entry,
                       struct location_claim *claim);

/* Whether the parameter is at one place of the frame during the whole function, as in unoptimised
   code. */
bool location_is_in_frame(Dwarf_Die *parameter);

/* The form of a parameter's location. */
enum location_form {
    LOCATION_OTHER,
    LOCATION_BEHIND_ADDRESS, /* the frame has its address */
    LOCATION_IN_FRAME,
};

/* The form of a location for the whole function. */
enum location_form location_form(Dwarf_Die *parameter);

#endif
