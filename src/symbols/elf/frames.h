/* SPDX-License-Identifier: MIT */
/*
 * The frame descriptions of a file: .eh_frame and .gcc_except_table. Linux Standard Base Core
 * Specification, 10.6 "Exception Frames"; DWARF 5, 6.4 "Call Frame Information"; the Itanium C++
 * ABI's "Exception Handling Tables".
 */
#ifndef SYMBOLS_ELF_FRAMES_H
#define SYMBOLS_ELF_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"
#include "util/vec.h"

struct elf_copy;

/* A section's bytes; empty: the file has none. */
struct code_section {
    const uint8_t *bytes;
    size_t size;
    uint64_t address;
};

/* A frame description entry. */
struct code_frame {
    uint64_t start, end;    /* the code; the end is exclusive */
    uint32_t entry, common; /* offsets of the FDE and its CIE in the section */
    bool is_signal;         /* the frame of a signal handler's return ('S') */
    uint64_t previous;      /* where the code of the entry before it starts; 0: it is the first */
};

struct landing_pad {
    uint64_t at;
};

struct frames {
    VEC(struct code_frame) list;  /* ascending by start */
    VEC(struct landing_pad) pads; /* ascending */
};

/* The section with that name, in memory of the copy. */
struct code_section code_section_copied(const struct elf_copy *copy, const char *name);

/*
 * Reads all entries; without an `except_table` no landing pads. `is_relocated`: absolute addresses
 * in these sections are not those of the file. -ENOEXEC: they cannot be decoded, so that there may
 * be landing pads anywhere. -ENOMEM.
 */
MUST_CHECK int frames_read(struct frames *frames, const struct code_section *eh_frame,
                           const struct code_section *except_table, bool is_relocated);
void frames_free(struct frames *frames);

/* Whether a landing pad is in [start, end). */
bool frames_have_pad(const struct frames *frames, uint64_t start, uint64_t end);

/* Whether the stack pointer has the value at `at` that it had at the function's first instruction.
   false if that is not known. */
bool frames_stack_is_restored(const struct frames *frames, const struct code_section *eh_frame,
                              uint64_t at);

#endif
