/* SPDX-License-Identifier: MIT */
/*
 * What a function's machine code tells of its argument registers, where debug information alone is
 * not to be believed. One file an architecture (abi_code_x86_64.c) implements this.
 */
#ifndef SYMBOLS_ABI_ABI_CODE_H
#define SYMBOLS_ABI_ABI_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/probe.h"

/* Sets of argument registers. */
struct abi_code {
    uint32_t taken;   /* read for their value before anything writes them, and before any branch */
    uint32_t kept;    /* ... or stored in memory, other than by a push */
    uint32_t written; /* by some instruction of the function */
    /* ... up to the first call; or by any, when there is a branch in front of it */
    uint32_t written_first;
    uint32_t results; /* perhaps set by functions that this one calls */
    /* Registers that any function of the ABI may change are saved: another convention's callers
       want them back. */
    bool preserves;
};

/* Reads the n bytes of a function from its first instruction on. What cannot be decoded takes no
   register and writes them all. */
struct abi_code abi_code_read(const uint8_t *code, size_t n);

/* The set that holds the register; empty for a place that is none. */
uint32_t abi_code_register(const struct value_place *place);

#endif
