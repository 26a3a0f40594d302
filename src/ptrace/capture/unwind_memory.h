/* SPDX-License-Identifier: MIT */
/*
 * The words that unwinding reads from a stopped thread's memory, with as few system calls as
 * possible: the stack by pages, which are read again for each call chain; words of code once.
 */
#ifndef PTRACE_CAPTURE_UNWIND_MEMORY_H
#define PTRACE_CAPTURE_UNWIND_MEMORY_H

#include <stdint.h>

#include "ptrace/core/address_space.h"
#include "util/addr.h"
#include "util/error.h"
#include "util/maps.h"

struct tracee;

enum {
    UNWIND_PAGE_BYTES = 4096,
    UNWIND_PAGES = 8, /* a power of two */
    UNWIND_CODE_WORDS = 256,
};

struct unwind_page {
    uint64_t at;           /* address / UNWIND_PAGE_BYTES */
    uint64_t chain_number; /* the call chain for which it was read */
    uint8_t bytes[UNWIND_PAGE_BYTES];
};

/* A word of a mapping with code, as the program sees it. Such mappings hardly change: a word is
   kept until code is unmapped. */
struct unwind_code_word {
    uint64_t at; /* 0: none */
    uint64_t word;
};

/* What was read in an address space. All zero: nothing. */
struct unwind_memory {
    uint64_t chain_number;  /* of the present call chain */
    uint64_t not_mapped_ns; /* the mappings were read again last for an address that is in none */
    struct unwind_page pages[UNWIND_PAGES];
    struct unwind_code_word code[UNWIND_CODE_WORDS];
};

void unwind_memory_next_chain(struct unwind_memory *memory);
/* After an unmap. */
void unwind_memory_forget(struct unwind_memory *memory);

/* The memory of one thread, for one call chain. */
struct unwind_reader {
    struct unwind_memory *memory;
    program_read *read;
    struct tracee *tracee;
    uint64_t now_ns;
};

/* The mapping that contains the address, or NULL. Mappings may be read again for it. */
const struct map *unwind_reader_map(const struct unwind_reader *reader, target_addr at);
/* Reads the word at the address. Breakpoints are hidden; a signed return address comes without its
   signature. -EIO: not readable, or near the address 0. */
MUST_CHECK int unwind_reader_word(const struct unwind_reader *reader, uint64_t at, uint64_t *value);

#endif
