/* SPDX-License-Identifier: MIT */
/* The search table for unwind rules (.eh_frame_hdr) in a program's memory. */
#ifndef PTRACE_CAPTURE_SEARCH_TABLE_H
#define PTRACE_CAPTURE_SEARCH_TABLE_H

#include <stdint.h>

#include "ptrace/core/address_space.h"
#include "util/addr.h"
#include "util/maps.h"

/* The search table of one code mapping. */
struct search_table {
    target_addr start, end; /* of the code */
    uint64_t base;          /* the address that entries are relative to */
    uint64_t entries;       /* the address of the first entry */
    uint64_t n;             /* number of entries; 0: no table, or an unreadable one */
};

/* The mapping of the beginning of the same file, the nearest at or before `map`. NULL: none. */
const struct map *search_table_headers(const struct maps *maps, const struct map *map);
/* Reads the table for the code mapping, starting from the ELF header in `headers`. The memory is
   not trusted: it may hold anything. */
void search_table_read(struct search_table *table, program_read *read,
                       const struct address_space *space, const struct map *code,
                       const struct map *headers);

#endif
