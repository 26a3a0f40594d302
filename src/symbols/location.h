/* Where DWARF says that a parameter lies when its function is entered. */
#ifndef SYMBOLS_LOCATION_H
#define SYMBOLS_LOCATION_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stdint.h>

#include "symbols/probe.h"

/*
 * *place: where `parameter` lies at address `entry` (the DWARF's), if that is an argument register
 * or a slot of the stack arguments as a whole; PLACE_NONE else.
 */
void location_at_entry(Dwarf_Die *parameter, Dwarf_Die *function, uint64_t entry,
                       struct value_place *place);

/* Whether the parameter lies in one place of the function's frame all through the function, as
   unoptimised code has it. */
bool location_is_in_frame(Dwarf_Die *parameter);

#endif
