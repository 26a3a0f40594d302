/* SPDX-License-Identifier: MIT */
/*
 * Whether unwind rules (an FDE of .eh_frame and its CIE) may be given to libunwind, which believes
 * what they say: it divides as they ask, by -1 too, and takes any return column, and any register
 * that another one is kept in, for one it knows. What it reads in another way than the standard has
 * it is not fit either, as it would not be what was looked at. Pure.
 */
#ifndef PTRACE_CAPTURE_UNWIND_RULES_H
#define PTRACE_CAPTURE_UNWIND_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longer ones are not looked at, and not fit. */
enum { UNWIND_RULES_MAX = 4096 };

/*
 * Linux Standard Base Core Specification, 10.6.1 "The .eh_frame section". Both without their
 * lengths and what follows these, the CIE's ID and the FDE's pointer to its CIE.
 */
bool unwind_rules_are_fit(const uint8_t *cie, size_t cie_size, const uint8_t *fde, size_t fde_size,
                          uint64_t return_column);

/* The address of the CIE of the FDE at `fde`, from the pointer in there. False: it has none, or
   libunwind, to which the pointer has a sign, would take another. */
bool unwind_rules_find_common(uint64_t fde, uint32_t pointer, uint64_t *cie);

#endif
