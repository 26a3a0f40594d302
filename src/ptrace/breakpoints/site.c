/* SPDX-License-Identifier: MIT */
#include "ptrace/breakpoints/site.h"

#include <errno.h>
#include <stdlib.h>

#include "ptrace/arch/arch.h"
#include "ptrace/breakpoints/code_slots.h"
#include "ptrace/breakpoints/program_memory.h"
#include "ptrace/breakpoints/site_table.h"
#include "ptrace/breakpoints/site_trap.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/engine_internal.h"
#include "util/addr.h"
#include "util/error.h"
#include "util/table.h"

enum { LIFT_TRIES = 100 };

/* Each use has a bit of its own. */
enum {
    USES_SUM = SITE_ENTRY + SITE_RETURN + SITE_WATCH + SITE_JUMP + SITE_CONTEXT + SITE_CATCH +
               SITE_THROW + SITE_SIGMASK + SITE_SIGACTION + SITE_SYSCALL + SITE_AFFINITY +
               SITE_STACKS + SITE_PROTECT + SITE_THREAD_END,
    USES_ALL = SITE_ENTRY | SITE_RETURN | SITE_WATCH | SITE_JUMP | SITE_CONTEXT | SITE_CATCH |
               SITE_THROW | SITE_SIGMASK | SITE_SIGACTION | SITE_SYSCALL | SITE_AFFINITY |
               SITE_STACKS | SITE_PROTECT | SITE_THREAD_END,
};
_Static_assert((int)USES_SUM == (int)USES_ALL, "no two uses share a bit");

static void find_direct_callee(struct address_space *space, struct site *site)
{
    uint8_t before[ARCH_CALL_BYTES];
    target_addr from = target_addr_plus(site->at, -(int64_t)sizeof(before));
    site->has_direct_callee =
        program_memory_read(space, from, before, sizeof(before)) == 0 &&
        arch_direct_call_target(site->at, before, sizeof(before), &site->direct_callee);
}

/* Frees all sites of an address space, and its slots: address_space.free_sites. */
static void free_sites(struct address_space *space)
{
    struct site *site;
    for (size_t at = 0; (site = table_next(&space->sites, &at));)
        site_free(site);
    code_slots_free(space->slots);
}

struct site *site_get(struct address_space *space, target_addr at, struct error *err)
{
    struct site *site = site_table_get(space, at);
    /* While no breakpoint was planted, the program may have replaced the code. The old slot stays
       allocated: a thread may still be in it. */
    if (site && site->mapped && !site->planted && !site->method->is_current(space, site)) {
        site->mapped = false;
        site->method->discard(site);
    }
    if (site && site->mapped)
        return site;
    if (site) {
        int r = site->method->prepare(space, site, err);
        find_direct_callee(space, site);
        return r < 0 ? NULL : site;
    }
    site = calloc(1, sizeof(*site));
    if (!site || table_put(&space->sites, at.value, site) < 0) {
        free(site);
        error_set(err, -ENOMEM, "out of memory");
        return NULL;
    }
    site->at = at;
    site->method = &site_trap_method;
    space->free_sites = free_sites;
    /* A site that could not be prepared is kept with `mapped` false, so that its slots have an
       owner. */
    if (site->method->prepare(space, site, err) < 0)
        return NULL;
    find_direct_callee(space, site);
    return site;
}

int site_plant(struct address_space *space, struct site *site)
{
    if (site->planted)
        return 0;
    int r = site->method->plant(space, site);
    if (r < 0)
        return r;
    space->engine->stats.text_writes++;
    space->changes++;
    site->planted = true;
    return 0;
}

static bool is_not_there(int r)
{
    return r == -EIO || r == -ESRCH || r == -ENOENT;
}

void site_lift(struct address_space *space, struct site *site)
{
    int r = -EAGAIN;
    if (!site->planted)
        return;
    for (int i = 0; i < LIFT_TRIES && r < 0 && !is_not_there(r); i++)
        r = site->method->lift(space, site);
    /* A breakpoint that could not be removed stays planted, so that its traps are not taken for the
       program's own. */
    site->planted = r < 0 && !is_not_there(r);
    space->changes++;
}

void site_disable(struct address_space *space, struct site *site)
{
    int r = site->planted ? site->method->lift(space, site) : 0;
    if (!site->planted || (r < 0 && !is_not_there(r)))
        return;
    site->planted = false;
    site->uses = 0;
    space->changes++;
}

int site_use(struct address_space *space, struct site *site, enum site_use use)
{
    int r = site_plant(space, site);
    if (r == 0)
        site->uses |= use;
    return r;
}

void site_unuse(struct address_space *space, struct site *site, enum site_use use)
{
    site->uses &= ~(unsigned)use;
    if (site->uses == 0 && site->jump.planted)
        space->engine->jumps_untidy = true; /* lifted with others: see ptrace/jumps/promotion.h */
    else if (site->uses == 0)
        site_lift(space, site);
}

struct site *site_copy(const struct site *site)
{
    struct site *copy = malloc(sizeof(*copy));
    if (!copy)
        return NULL;
    *copy = *site;
    copy->watches = copy->next_watch = NULL;
    copy->callee = NULL;
    copy->callees = (struct table){0};
    copy->last_return = NULL;
    copy->waiting = 0; /* a child of fork() has no open calls */
    copy->jump = (struct site_jump){.reason = site->jump.reason};
    copy->in_return_table = false;
    copy->method = &site_trap_method;
    return copy;
}

void site_drop_watches(struct site *site, bool all, const void *data)
{
    for (struct watch **w = &site->watches; *w;) {
        struct watch *watch = *w;
        if (!all && watch->data != data) {
            w = &watch->next;
            continue;
        }
        *w = watch->next;
        if (site->next_watch == watch)
            site->next_watch = watch->next;
        free(watch);
    }
}

void site_free(struct site *site)
{
    site_drop_watches(site, true, NULL);
    table_free(&site->callees);
    free(site);
}
