/* SPDX-License-Identifier: MIT */
#include "ptrace/breakpoints/site_table.h"

#include "ptrace/breakpoints/site.h"
#include "ptrace/breakpoints/trap_removal.h"
#include "ptrace/core/address_space.h"
#include "util/table.h"

void site_table_drop_watches(struct address_space *space, bool all, const void *data)
{
    struct site *site;
    for (size_t at = 0; (site = table_next(&space->sites, &at));) {
        if (!site->watches)
            continue;
        site_drop_watches(site, all, data);
        if (!site->watches && (site->uses & SITE_WATCH))
            site_unuse(space, site, SITE_WATCH);
    }
}

size_t site_table_watches(const struct address_space *space)
{
    const struct site *site;
    size_t n = 0;
    for (size_t at = 0; (site = table_next(&space->sites, &at));)
        for (const struct watch *watch = site->watches; watch; watch = watch->next)
            n++;
    return n;
}

int site_table_lift_all(struct address_space *space, pid_t stopped)
{
    struct site *site;
    int r = traps_remove(space, address_space_memory(space), stopped);
    for (size_t position = 0; (site = table_next(&space->sites, &position));) {
        /* A breakpoint that may be left in memory is passed like any other. */
        site->planted = r < 0 && site->mapped;
        site->jump.planted = site->jump.planted && site->planted;
        site->uses = 0;
        site->kinds = 0;
    }
    space->changes++;
    return r;
}
