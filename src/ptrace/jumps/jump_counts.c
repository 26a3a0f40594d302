/* SPDX-License-Identifier: MIT */
#include "ptrace/jumps/jump_counts.h"

#include <stdlib.h>
#include <string.h>

#include "ptrace/breakpoints/site.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/tracee.h"
#include "ptrace/engine.h"
#include "ptrace/jumps/jumping.h"
#include "ptrace/jumps/jumps.h"
#include "util/table.h"
#include "util/vec.h"

static bool is_same_reason(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static void add_sites(struct jump_counts *counts, const char *reason, uint64_t sites)
{
    struct engine_jump_count *list = counts->list.items;
    size_t i = 0;
    while (i < counts->list.count && !is_same_reason(list[i].reason, reason))
        i++;
    struct engine_jump_count *count = i < counts->list.count ? &list[i] : vec_push(&counts->list);
    if (!count)
        return; /* out of memory */
    if (i + 1 == counts->list.count && !is_same_reason(count->reason, reason))
        *count = (struct engine_jump_count){.reason = reason};
    count->sites += sites;
}

static bool has_been_hot(const struct address_space *space, const struct site *site)
{
    return site->jump.jump || site->jump.heat >= space->engine->options.jump_after;
}

void jump_counts_add(struct jump_counts *counts, const struct address_space *space,
                     const struct site *site)
{
    const char *reason = site->jump.reason;
    if (!has_been_hot(space, site))
        return;
    bool waits = !site->jump.planted && site->jump.heat >= space->engine->options.jump_after;
    if (!reason && (waits || !site->jump.jump))
        reason = space->jumps->refused ? space->jumps->refused
                                       : "threads were in its code, or it was hot too late";
    add_sites(counts, reason, 1);
}

void jump_counts_add_all(struct jump_counts *counts, const struct address_space *space)
{
    const struct site *site;
    for (size_t at = 0; (site = table_next(&space->sites, &at));)
        jump_counts_add(counts, space, site);
}

void jump_counts_free(struct jump_counts *counts)
{
    vec_free(&counts->list);
}

/* Sites with a jump first, then the most frequent reasons. */
static int compare_counts(const void *a, const void *b)
{
    const struct engine_jump_count *x = a, *y = b;
    if (!x->reason != !y->reason)
        return x->reason ? 1 : -1;
    if (x->sites != y->sites)
        return x->sites < y->sites ? 1 : -1;
    return x->reason && y->reason ? strcmp(x->reason, y->reason) : 0;
}

size_t engine_jump_counts(const struct engine *engine, struct engine_jump_count *counts, size_t max)
{
    struct jump_counts all = {0};
    const struct process *process;
    const struct address_space *last = NULL;
    size_t n;
    if (!engine->jumping)
        return 0;
    add_sites(&all, NULL, 0);
    for (size_t i = 0; i < engine->jumping->counts.list.count; i++)
        add_sites(&all, engine->jumping->counts.list.items[i].reason,
                  engine->jumping->counts.list.items[i].sites);
    for (size_t at = 0; (process = table_next(&engine->processes, &at));) {
        if (process->space && process->space != last && process->space->jumps)
            jump_counts_add_all(&all, process->space);
        last = process->space;
    }
    if (all.list.count > 1)
        qsort(all.list.items, all.list.count, sizeof(all.list.items[0]), compare_counts);
    for (n = 0; n < all.list.count && n < max; n++)
        counts[n] = all.list.items[n];
    for (size_t i = n; n == max && n > 1 && i < all.list.count; i++) {
        counts[n - 1].reason = "other reasons";
        counts[n - 1].sites += all.list.items[i].sites;
    }
    jump_counts_free(&all);
    return n;
}
