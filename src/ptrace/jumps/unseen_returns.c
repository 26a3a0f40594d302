/* SPDX-License-Identifier: MIT */
#include "ptrace/jumps/unseen_returns.h"

#include "ptrace/breakpoints/site_table.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/tracee.h"
#include "ptrace/jumps/jumps.h"
#include "ptrace/jumps/rings.h"
#include "util/addr.h"
#include "util/clock.h"
#include "util/vec.h"

/* Code is generated and thrown away: old addresses must not fill the table. */
enum { UNSEEN_MAX = 4096 };

void unseen_returns_forget(struct address_space *space)
{
    struct jumps *jumps = space->jumps;
    for (size_t i = 0; jumps && i < jumps->unseen.count; i++) {
        const struct site *site = site_table_get(space, jumps->unseen.items[i]);
        if (!site || !site->in_return_table)
            rings_remove_return(&jumps->rings, jumps->unseen.items[i]);
    }
    if (jumps)
        jumps->unseen.count = 0;
}

void unseen_returns_add(struct tracee *tracee, target_addr at)
{
    struct address_space *space = tracee->process->space;
    struct jumps *jumps = space->jumps;
    if (!jumps || !jumps->rings.memory.base || rings_has_return(&jumps->rings, at))
        return;
    const struct site *site = site_table_get(space, at);
    if ((site && site->mapped) || address_space_is_code(tracee->process, at, clock_now_ns()))
        return; /* a site may be planted next time */
    if (jumps->unseen.count == UNSEEN_MAX)
        unseen_returns_forget(space);
    if (rings_add_return(&jumps->rings, at) < 0) {
        unseen_returns_forget(space);
        if (rings_add_return(&jumps->rings, at) < 0)
            return;
    }
    target_addr *place = vec_push(&jumps->unseen);
    if (place)
        *place = at;
    else
        rings_remove_return(&jumps->rings, at);
}
