/* SPDX-License-Identifier: MIT */
/* All sites of an address space, by their addresses. */
#ifndef PTRACE_BREAKPOINTS_SITE_TABLE_H
#define PTRACE_BREAKPOINTS_SITE_TABLE_H

#include "ptrace/breakpoints/site.h"
#include "ptrace/core/address_space.h"
#include "util/error.h"

/* NULL: none. */
static inline struct site *site_table_get(const struct address_space *space, target_addr at)
{
    return (struct site *)table_get(&space->sites, at.value);
}

/* Removes the watches with this `data`, or all of them. */
void site_table_drop_watches(struct address_space *space, bool all, const void *data);
/* The number of watches. */
size_t site_table_watches(const struct address_space *space);

/* Removes all breakpoints and all uses. `stopped` and the result are those of traps_remove(). On
   error, sites whose breakpoint may remain stay planted. */
MUST_CHECK int site_table_lift_all(struct address_space *space, pid_t stopped);

#endif
