/*
 * Whether unwind rules (an FDE of .eh_frame and its CIE) may be given to libunwind, which believes
 * what they say: it divides as they ask, by -1 too, and takes any return column for one it knows.
 * Pure.
 */
#ifndef PTRACE_UNWIND_RULES_H
#define PTRACE_UNWIND_RULES_H

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

#endif
