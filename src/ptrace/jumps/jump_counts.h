/* SPDX-License-Identifier: MIT */
/* How many hot sites have jumps, and why others have none. */
#ifndef PTRACE_JUMPS_JUMP_COUNTS_H
#define PTRACE_JUMPS_JUMP_COUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ptrace/engine.h"
#include "util/vec.h"

struct address_space;
struct site;

/* One for each reason, and one for sites with a jump. */
struct jump_counts {
    VEC(struct engine_jump_count) list;
};

/* Counts a site that the space is about to forget, if it has been hot. */
void jump_counts_add(struct jump_counts *counts, const struct address_space *space,
                     const struct site *site);
/* The same for all sites of the space. */
void jump_counts_add_all(struct jump_counts *counts, const struct address_space *space);
void jump_counts_free(struct jump_counts *counts);

#endif
