/* SPDX-License-Identifier: MIT */
/*
 * Whether unwind rules (an FDE of .eh_frame and its CIE) are safe for libunwind, which trusts them:
 * it divides as they say, by -1 too, and accepts any return address column and any register number
 * in a register rule. Rules that libunwind reads in another way than the standard are rejected,
 * too: they would not be the rules that were checked. Pure functions.
 */
#ifndef PTRACE_CAPTURE_UNWIND_RULES_H
#define PTRACE_CAPTURE_UNWIND_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longer rules are rejected unread. */
enum { UNWIND_RULES_MAX = 4096 };

/*
 * Linux Standard Base Core Specification, 10.6.1 "The .eh_frame section". Both without their length
 * and the word after it (the CIE ID or the FDE's pointer to its CIE). `signs`: the architecture may
 * sign return addresses. Instructions that only tell where they are signed (DWARF for the Arm
 * 64-bit Architecture, 4.4.1: DW_CFA_AARCH64_negate_ra_state) are then replaced by nops, as
 * libunwind 1.6 does not know them.
 */
bool unwind_rules_are_fit(uint8_t *cie, size_t cie_size, uint8_t *fde, size_t fde_size,
                          uint64_t return_column, bool signs);

/* Computes the address of the CIE of the FDE at `fde` from its CIE pointer. false: there is none,
   or libunwind, which takes the pointer as signed, would use another address. */
bool unwind_rules_find_common(uint64_t fde, uint32_t pointer, uint64_t *cie);

#endif
