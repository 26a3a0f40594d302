/* SPDX-License-Identifier: MIT */
/*
 * How a function's machine code uses its argument registers, for cases in which debug information
 * is not reliable; and where it jumps to. Each architecture has one file that implements this
 * (abi_code_x86_64.c, abi_code_aarch64.c).
 */
#ifndef SYMBOLS_ABI_ABI_CODE_H
#define SYMBOLS_ABI_ABI_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/probe.h"

/* Sets of argument registers. */
struct abi_code {
    uint32_t read_first; /* read before they are written, before the first branch */
    uint32_t
        read_or_stored; /* read like this, or stored in memory by another instruction than push */
    uint32_t written;   /* by some instruction of the function */
    /* written before the first call; if another branch comes first, by any instruction */
    uint32_t written_first;
    uint32_t results; /* may be set by functions that this one calls */
    /* The code saves registers that the ABI lets any function modify: it follows another
       convention. */
    bool saves_volatile;
};

/* Reads the n bytes of a function from its first instruction. Code that cannot be decoded counts as
   using no register and writing all of them. */
struct abi_code abi_code_read(const uint8_t *code, size_t n);

/* The set with this register; empty if the place is not an argument register. */
uint32_t abi_code_register(const struct value_place *place);

/* Whether the n bytes of code at address `at` have a conditional jump to `target`, of a kind that
   can reach another section. Bytes that are part of another instruction may look like one. */
bool abi_code_jumps_if(const uint8_t *code, size_t n, uint64_t at, uint64_t target);

#endif
