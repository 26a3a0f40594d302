/* SPDX-License-Identifier: MIT */
/* The table by which unwind rules are found (.eh_frame_hdr), as it lies in a program's memory. */
#ifndef PTRACE_CAPTURE_SEARCH_TABLE_H
#define PTRACE_CAPTURE_SEARCH_TABLE_H

#include <stdint.h>

#include "ptrace/core/address_space.h"
#include "util/addr.h"
#include "util/maps.h"

/* The search table of one mapping of code (.eh_frame_hdr). */
struct search_table {
    target_addr start, end; /* of the code */
    uint64_t base;          /* what its entries are relative to */
    uint64_t entries;       /* the address of the first */
    uint64_t n;             /* 0: there is no table, or none that can be read */
};

/* The mapping of the file's beginning: the nearest one in front of this one. NULL: there is none.
 */
const struct map *search_table_headers(const struct maps *maps, const struct map *map);
/* Reads that of the mapping of code, from the file's headers. What lies there may be anything. */
void search_table_read(struct search_table *table, program_read *read,
                       const struct address_space *space, const struct map *code,
                       const struct map *headers);

#endif
