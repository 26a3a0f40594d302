/* SPDX-License-Identifier: MIT */
/* What the parts of the driver share. */
#ifndef FUNCTIONS_DRIVER_H
#define FUNCTIONS_DRIVER_H

#include <stdbool.h>
#include <stdint.h>

_Noreturn void die(const char *what);

/* Reads which files are mapped with code now. */
void read_mappings(void);
/* Whether the address is in the code of one of them. */
bool is_in_file(uint64_t pc);

/* For throw_here(): unwinds to a landing pad above. */
void throw_exception(void);

#endif
