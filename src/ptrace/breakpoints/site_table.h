/* SPDX-License-Identifier: MIT */
/* All sites of an address space, by their addresses. */
#ifndef PTRACE_BREAKPOINTS_SITE_TABLE_H
#define PTRACE_BREAKPOINTS_SITE_TABLE_H

#include "ptrace/breakpoints/site.h"
#include "ptrace/core/address_space.h"
#include "util/error.h"

/* NULL: there is none. */
static inline struct site *site_table_get(const struct address_space *space, target_addr at)
{
    return (struct site *)table_get(&space->sites, at.value);
}

/* Takes away the watches with this data, or all of them. */
void site_table_drop_watches(struct address_space *space, bool all, const void *data);
/* How many watches there are. */
size_t site_table_watches(const struct address_space *space);

/* Lifts all breakpoints and forgets their uses. `stopped` as for traps_remove(), and so is the
   result: of those that are left the sites stay planted. */
MUST_CHECK int site_table_lift_all(struct address_space *space, pid_t stopped);

#endif
