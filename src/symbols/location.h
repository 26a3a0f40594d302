/* Where DWARF says that a parameter lies when its function is entered. */
#ifndef SYMBOLS_LOCATION_H
#define SYMBOLS_LOCATION_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stdint.h>

#include "symbols/abi.h"

/*
 * *at: where `parameter` lies at address `entry` (the DWARF's), if that is one or two argument
 * registers, a slot of the stack arguments, or memory that one of them holds the address of
 * (ABI_ADDRESS); ABI_NOWHERE else.
 */
void location_at_entry(Dwarf_Die *parameter, Dwarf_Die *function, uint64_t entry,
                       struct abi_location *at);

/* Whether the parameter lies in one place of the function's frame all through the function, as
   unoptimised code has it. */
bool location_is_in_frame(Dwarf_Die *parameter);

#endif
