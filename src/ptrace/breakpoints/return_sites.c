/* SPDX-License-Identifier: MIT */
#include "ptrace/breakpoints/return_sites.h"

#include "model/hit.h"
#include "ptrace/breakpoints/site.h"
#include "ptrace/breakpoints/site_table.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/tracee.h"
#include "util/addr.h"
#include "util/table.h"

enum {
    /* Added to the score for each idle stop. Planting on demand costs half as much as an idle
       stop. */
    IDLE_STOP = 2,
    RETURN_STOP = 1, /* subtracted for each return */
    IDLE_MAX = 32,   /* at this score, planting on demand begins */
    RUN_FIRST = 64,  /* returns until it is checked whether planting on demand still pays */
    RUN_MAX = 8192,
};

static void remember_callee(struct site *site, struct site *entry)
{
    if (site->callee == entry || table_get(&site->callees, entry->at.value))
        return;
    if (!site->callee)
        site->callee = entry;
    else if (table_put(&site->callees, entry->at.value, entry) < 0)
        site->callee = entry; /* out of memory: keep the latest */
}

struct site *return_sites_expect(struct process *process, struct site *entry, target_addr at,
                                 uint64_t now_ns)
{
    struct address_space *space = process->space;
    struct site *site = entry->last_return;
    if (site && target_addr_equal(site->at, at) && (site->uses & SITE_RETURN))
        return site;
    site = site_table_get(space, at);
    /* Not every function is called. The dynamic linker's lazy binding, for example, jumps to
       functions with other values on the stack. No breakpoint may be written to data. */
    if ((!site || !site->mapped) && !address_space_is_code(process, at, now_ns))
        return NULL;
    site = site_get(space, at, NULL);
    if (!site || site_use(space, site, SITE_RETURN) < 0)
        return NULL;
    remember_callee(site, entry);
    entry->last_return = site;
    return site;
}

static void begin_run(struct site *site)
{
    site->on_demand = true;
    if (site->run == 0)
        site->run = RUN_FIRST;
    site->run_left = site->run;
    if (site->run < RUN_MAX)
        site->run *= 2;
}

void return_sites_met(struct address_space *space, struct site *site, bool returned)
{
    if (!returned) {
        space->engine->stats.idle_stops++;
        if (!site->on_demand && site->idle < IDLE_MAX)
            site->idle += IDLE_STOP;
        if (!site->on_demand && site->idle >= IDLE_MAX && !site->in_return_table)
            begin_run(site);
    } else if (!site->on_demand) {
        if (site->idle > 0)
            site->idle -= RETURN_STOP;
        else
            site->run = 0;
    } else if (--site->run_left == 0) {
        site->on_demand = false;
        site->idle = IDLE_MAX - 1;
    }
    if (site->on_demand && site->waiting == 0 && site->uses == SITE_RETURN)
        site_disable(space, site);
}

static bool wants_exit(const struct site *entry)
{
    return (entry->uses & SITE_ENTRY) && (entry->kinds & HIT_EXIT);
}

static bool has_armed_callee(const struct site *site)
{
    const struct site *entry;
    if (wants_exit(site->callee))
        return true;
    for (size_t position = 0; (entry = table_next(&site->callees, &position));)
        if (wants_exit(entry))
            return true;
    return false;
}

void return_sites_tidy(struct address_space *space)
{
    struct site *site;
    for (size_t position = 0; (site = table_next(&space->sites, &position));)
        if ((site->uses & SITE_RETURN) && !has_armed_callee(site)) {
            if (site->in_return_table)
                space->engine->forget_return(space, site);
            site_unuse(space, site, SITE_RETURN);
        }
}

int return_sites_copy_links(const struct address_space *from, struct address_space *to)
{
    const struct site *site, *callee;
    for (size_t position = 0; (site = table_next(&from->sites, &position));) {
        struct site *copy = site_table_get(to, site->at);
        if (site->callee)
            copy->callee = site_table_get(to, site->callee->at);
        if (site->last_return)
            copy->last_return = site_table_get(to, site->last_return->at);
        for (size_t i = 0; (callee = table_next(&site->callees, &i));) {
            int r = table_put(&copy->callees, callee->at.value, site_table_get(to, callee->at));
            if (r < 0)
                return r;
        }
    }
    return 0;
}
