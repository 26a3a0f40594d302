/* SPDX-License-Identifier: MIT */
#include "ptrace/breakpoints/site.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ptrace/arch/arch.h"
#include "ptrace/arch/displaced.h"
#include "ptrace/breakpoints/code_slots.h"
#include "ptrace/breakpoints/program_memory.h"
#include "ptrace/breakpoints/site_table.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/os/memory.h"
#include "util/addr.h"
#include "util/error.h"
#include "util/table.h"

enum { LIFT_TRIES = 100 };

/* Each use has a bit of its own. */
enum {
    USES_SUM = SITE_ENTRY + SITE_RETURN + SITE_WATCH + SITE_JUMP + SITE_CONTEXT + SITE_CATCH +
               SITE_THROW + SITE_SIGMASK + SITE_SIGACTION + SITE_SYSCALL + SITE_AFFINITY,
    USES_ALL = SITE_ENTRY | SITE_RETURN | SITE_WATCH | SITE_JUMP | SITE_CONTEXT | SITE_CATCH |
               SITE_THROW | SITE_SIGMASK | SITE_SIGACTION | SITE_SYSCALL | SITE_AFFINITY,
};
_Static_assert((int)USES_SUM == (int)USES_ALL, "no two uses share a bit");

/* Decodes the instruction at the site. If its copy needs a slot, allocates and fills one. */
static int prepare(struct address_space *space, struct site *site, struct error *err)
{
    uint8_t code[DISPLACED_CODE_MAX];
    struct displaced copy;
    size_t n = program_memory_read_some(space, site->at, code, sizeof(code));
    /* A copy that includes the next instruction must not include one that has a site of its own. */
    for (size_t i = 1; i < n; i++)
        if (site_table_get(space, target_addr_plus(site->at, (int64_t)i)))
            n = i;
    if (n < arch_trap_length) {
        int gone = memory_read(address_space_memory(space), site->at, code, 1);
        if (gone == -EIO)
            return error_set(err, -EINVAL, "no code at 0x%lx", site->at.value);
        /* The memory is readable now, but was not a moment ago. */
        return error_set(err, gone < 0 ? gone : -EIO, "cannot read the code at 0x%lx",
                         site->at.value);
    }
    /* The length does not depend on the address of a near slot: build once to learn it. */
    int r = displaced_build(&copy, site->at, code, n, site->at);
    if (r < 0)
        return error_set(err, r, "the instruction at 0x%lx cannot be moved", site->at.value);
    if (copy.kind == DISPLACED_REFUSE)
        return error_set(err, -EINVAL, "no breakpoint can stand at 0x%lx: %s", site->at.value,
                         copy.reason);
    if (copy.kind == DISPLACED_SLOT) {
        if (site->slot_room < copy.slot_length) {
            r = code_slots_take(space, site, site->at, copy.slot_length, &site->slot);
            if (r == -ESRCH || r == -EAGAIN)
                return error_set(err, r, "no thread to map memory with at the moment");
            site->slot_room = r == 0 ? copy.slot_length : 0;
        }
        if (site->slot_room && displaced_build(&copy, site->at, code, n, site->slot) == 0 &&
            copy.kind == DISPLACED_SLOT && copy.slot_length <= site->slot_room &&
            memory_write(address_space_memory(space), site->slot, copy.bytes, copy.slot_length) ==
                0) {
            space->engine->stats.text_writes++;
            space->changes++;
        } else {
            copy.kind = DISPLACED_STEP;
        }
    }
    memcpy(site->original, code, arch_trap_length);
    memcpy(site->code, code, copy.covered);
    site->covered = copy.covered;
    memcpy(site->steps, copy.steps, sizeof(site->steps));
    site->kind = copy.kind;
    site->ambiguous = copy.ambiguous;
    site->length = copy.length;
    site->slot_length = copy.slot_length;
    site->n_steps = (uint8_t)copy.n_steps;
    site->mapped = true;
    return 0;
}

static void find_direct_callee(struct address_space *space, struct site *site)
{
    uint8_t before[ARCH_CALL_BYTES];
    target_addr from = target_addr_plus(site->at, -(int64_t)sizeof(before));
    site->has_direct_callee =
        program_memory_read(space, from, before, sizeof(before)) == 0 &&
        arch_direct_call_target(site->at, before, sizeof(before), &site->direct_callee);
}

/* Rebuilds the copies of preceding sites that include the instruction at `at`, without it. Threads
   that run these copies would miss the new site. */
static void uncover(struct address_space *space, target_addr at)
{
    struct error ignored;
    for (int i = 1; i < DISPLACED_CODE_MAX; i++) {
        struct site *before = site_table_get(space, target_addr_plus(at, -i));
        if (!before || !before->mapped || before->covered <= i)
            continue;
        /* A thread may be in the old slot. It is left unchanged. */
        before->slot_room = 0;
        if (prepare(space, before, &ignored) < 0)
            before->kind = DISPLACED_STEP;
    }
}

bool site_is_as_it_was(const struct address_space *space, const struct site *site)
{
    uint8_t code[DISPLACED_CODE_MAX];
    return program_memory_read_some(space, site->at, code, site->covered) == site->covered &&
           memcmp(code, site->code, site->covered) == 0;
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
    if (site && site->mapped && !site->planted && !site_is_as_it_was(space, site)) {
        site->mapped = false;
        site->slot_room = 0;
    }
    if (site && site->mapped)
        return site;
    if (site) {
        int r = prepare(space, site, err);
        find_direct_callee(space, site);
        if (r == 0)
            uncover(space, at);
        return r < 0 ? NULL : site;
    }
    site = calloc(1, sizeof(*site));
    if (!site || table_put(&space->sites, at.value, site) < 0) {
        free(site);
        error_set(err, -ENOMEM, "out of memory");
        return NULL;
    }
    site->at = at;
    space->free_sites = free_sites;
    /* A site that could not be prepared is kept with `mapped` false, so that its slots have an
       owner. */
    if (prepare(space, site, err) < 0)
        return NULL;
    find_direct_callee(space, site);
    uncover(space, at);
    return site;
}

int site_plant(struct address_space *space, struct site *site)
{
    if (site->planted)
        return 0;
    int r = memory_write(address_space_memory(space), site->at, arch_trap, arch_trap_length);
    if (r < 0)
        return r;
    space->engine->stats.text_writes++;
    space->changes++;
    site->planted = true;
    return 0;
}

/* Restores the original bytes if the breakpoint is still in memory. -EIO, -ESRCH, -ENOENT: it is
   not there. Another error, such as -ENOMEM, is the tracer's own and says nothing about the
   memory. */
static int take_out(struct address_space *space, const struct site *site)
{
    uint8_t there[ARCH_TRAP_MAX];
    int r = memory_read(address_space_memory(space), site->at, there, arch_trap_length);
    /* The program has unmapped or replaced the code: leave it unchanged. */
    if (r == 0 && memcmp(there, arch_trap, arch_trap_length) != 0)
        r = -ENOENT;
    if (r == 0)
        r = memory_write(address_space_memory(space), site->at, site->original, arch_trap_length);
    if (r == 0)
        space->engine->stats.text_writes++;
    return r;
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
        r = take_out(space, site);
    /* A breakpoint that could not be removed stays planted, so that its traps are not taken for the
       program's own. */
    site->planted = r < 0 && !is_not_there(r);
    space->changes++;
}

void site_rest(struct address_space *space, struct site *site)
{
    int r = site->planted ? take_out(space, site) : 0;
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
    if (site->uses == 0)
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
