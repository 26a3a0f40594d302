/* SPDX-License-Identifier: MIT */
#include "ptrace/breakpoints/fork_copy.h"

#include <errno.h>
#include <stdlib.h>

#include "ptrace/arch/arch.h"
#include "ptrace/arch/displaced.h"
#include "ptrace/breakpoints/code_slots.h"
#include "ptrace/breakpoints/program_memory.h"
#include "ptrace/breakpoints/remote_syscall.h"
#include "ptrace/breakpoints/return_sites.h"
#include "ptrace/breakpoints/site.h"
#include "ptrace/breakpoints/site_code.h"
#include "ptrace/breakpoints/site_table.h"
#include "ptrace/core/address_space.h"
#include "ptrace/os/memory.h"
#include "util/addr.h"
#include "util/error.h"
#include "util/log.h"
#include "util/table.h"
#include "util/vec.h"

/* A memory access that fails for lack of memory (fs/proc/base.c: mem_rw()) says nothing about the
   child's code: it is tried again. */
enum { TRIES = 100 };

static int copy_sites(const struct address_space *from, struct address_space *to)
{
    const struct site *site;
    for (size_t at = 0; (site = table_next(&from->sites, &at));) {
        struct site *copy = site_copy(site);
        if (!copy)
            return -ENOMEM;
        int r = table_put(&to->sites, copy->at.value, copy);
        if (r < 0) {
            site_free(copy);
            return r;
        }
    }
    return 0;
}

/* Copies the slots. The copies of the sites own them. */
static int copy_slots(const struct address_space *from, struct address_space *to)
{
    if (!from->slots)
        return 0;
    struct code_slots *slots = code_slots_of(to);
    if (!slots)
        return -ENOMEM;
    slots->refused = from->slots->refused;
    for (size_t i = 0; i < from->slots->arenas.count; i++) {
        const struct slot_arena *arena = &from->slots->arenas.items[i];
        struct slot_arena *copy = vec_push(&slots->arenas);
        if (!copy)
            return -ENOMEM;
        copy->start = arena->start;
        copy->used = arena->used;
        copy->owner = calloc(ARENA_SIZE / SLOT_UNIT, sizeof(*copy->owner));
        if (!copy->owner)
            return -ENOMEM;
        for (size_t unit = 0; unit < arena->used / SLOT_UNIT; unit++)
            copy->owner[unit] =
                arena->owner[unit] ? site_table_get(to, arena->owner[unit]->at) : NULL;
    }
    return 0;
}

/* Copies the used bytes of the arena from the parent's memory to the child's. false: not all of
   them could be written. */
static bool copy_arena(const struct address_space *from, const struct address_space *to,
                       const struct slot_arena *arena)
{
    uint8_t bytes[4096];
    for (size_t at = 0; at < arena->used; at += sizeof(bytes)) {
        size_t n = arena->used - at < sizeof(bytes) ? arena->used - at : sizeof(bytes);
        target_addr place = target_addr_plus(arena->start, (int64_t)at);
        if (memory_read(address_space_memory(from), place, bytes, n) < 0 ||
            memory_write(address_space_memory(to), place, bytes, n) < 0)
            return false;
    }
    return true;
}

static bool holds(const struct slot_arena *arena, target_addr at)
{
    return target_addr_within(at, arena->start,
                              target_addr_plus(arena->start, (int64_t)arena->used));
}

/* Records that no breakpoint is planted in the child. Return sites are planted again at the next
   entry. */
static void forget_planted(struct site *site)
{
    site->planted = false;
    site->uses &= ~(unsigned)SITE_RETURN;
}

/* The child lacks this arena: removes the breakpoints of the sites whose slots are in it. remake()
   prepares them again. Where one cannot be removed, threads are single-stepped. */
static void drop_arena(struct address_space *space, size_t index)
{
    struct slot_arena *arena = &space->slots->arenas.items[index];
    struct site *site;
    for (size_t at = 0; (site = table_next(&space->sites, &at));) {
        if (!holds(arena, site->trap.slot))
            continue;
        site->trap.slot = target_addr_of(0);
        site->trap.slot_room = 0;
        if (site->trap.kind != DISPLACED_SLOT)
            continue;
        site_lift(space, site);
        if (site->planted) {
            site->trap.kind = DISPLACED_STEP;
            continue;
        }
        forget_planted(site);
        site->mapped = false;
    }
    if (holds(arena, space->spin_slot))
        space->spin_slot = target_addr_of(0);
    free(arena->owner);
    *arena = space->slots->arenas.items[--space->slots->arenas.count];
}

static int remake_site(struct address_space *space, struct site *site)
{
    struct error err = {0};
    return site_get(space, site->at, &err) ? site_plant(space, site) : err.code;
}

/* Prepares and plants the sites without a slot again. The child `tid` maps the new slots. */
static void remake(struct address_space *space, pid_t tid)
{
    struct site *site;
    space->helper = tid;
    for (size_t at = 0; (site = table_next(&space->sites, &at));) {
        if (site->mapped || !site->uses)
            continue;
        int r = -EAGAIN;
        /* -EINVAL: no breakpoint can be planted there. */
        for (int i = 0; i < TRIES && r < 0 && r != -EINVAL && r != -ESRCH; i++)
            r = remake_site(space, site);
        if (r < 0)
            log_debug("no breakpoint at 0x%lx in a child", site->at.value);
    }
    space->helper = 0;
}

/* The child's sites are served by breakpoints alone: replaces the jumps in its copy. */
static void replace_jumps(const struct address_space *from, const struct address_space *to)
{
    const struct site *site;
    int memory = address_space_memory(to);
    for (size_t at = 0; (site = table_next(&from->sites, &at));) {
        struct site *copy = site_table_get(to, site->at);
        size_t length;
        if (!site->jump.length || !site->mapped || site_form_in(memory, site) != SITE_FORM_JUMP)
            continue;
        site_form_bytes(site, SITE_FORM_JUMP, &length);
        if (memory_write(memory, site_form_at(site, SITE_FORM_JUMP), site->jump.original, length) ==
                0 &&
            copy->planted && memory_write(memory, site->at, arch_trap, arch_trap_length) < 0)
            forget_planted(copy);
    }
}

/* Plants the recorded breakpoint, unless it is in memory or the program has changed the code
   there. */
static void conform_planted(struct address_space *space, struct site *site)
{
    int there = trap_is_at(address_space_memory(space), site->at);
    if (there == 1)
        return;
    /* If it may be there, it must not count as absent: its trap would be the program's own, and
       kill it. */
    if (there < 0)
        site_lift(space, site);
    else
        site->planted = false;
    for (int i = 0; i < TRIES && !site->planted; i++)
        if (site->method->is_current(space, site) && site_plant(space, site) == 0)
            return;
    if (!site->planted)
        forget_planted(site);
}

/* Makes the memory of the child `tid` match the records, which may be newer. */
static void conform(const struct address_space *from, struct address_space *to, pid_t tid)
{
    struct site *site;
    for (size_t at = 0; (site = table_next(&to->sites, &at));) {
        if (!site->mapped)
            continue;
        if (site->planted) {
            conform_planted(to, site);
        } else {
            site->planted = true; /* perhaps: site_lift() checks */
            site_lift(to, site);
        }
    }
    for (size_t i = to->slots ? to->slots->arenas.count : 0; i-- > 0;)
        if (!copy_arena(from, to, &to->slots->arenas.items[i]))
            drop_arena(to, i);
    remake(to, tid);
}

int fork_copy(struct address_space *from, pid_t tid, uint64_t changes, struct address_space **space)
{
    struct address_space *s = NULL;
    int r = address_space_make(from->engine, remote_open_memory(from, tid), &s);
    if (r == 0) {
        s->free_sites = from->free_sites;
        s->forked_child = tid;
        r = copy_sites(from, s);
    }
    if (r == 0)
        r = copy_slots(from, s);
    if (r == 0)
        r = return_sites_copy_links(from, s);
    if (r < 0) {
        address_space_put(s);
        return r;
    }
    s->syscall_insn = from->syscall_insn;
    s->spin_slot = from->spin_slot;
    s->syscalls = from->syscalls;
    s->suspends = from->suspends;
    replace_jumps(from, s);
    if (changes != from->changes)
        conform(from, s, tid);
    s->forked_child = 0;
    *space = s;
    return 0;
}

int fork_copy_unseen(const struct address_space *from, struct address_space **space)
{
    struct address_space *s = NULL;
    struct site *site;
    int r = address_space_make(from->engine, -EMFILE, &s);
    if (r == 0) {
        s->free_sites = from->free_sites;
        r = copy_sites(from, s);
    }
    if (r == 0)
        r = copy_slots(from, s);
    if (r < 0) {
        address_space_put(s);
        return r;
    }
    s->unclean = true;
    for (size_t at = 0; (site = table_next(&s->sites, &at));) {
        site->planted = site->mapped;
        site->uses = site->kinds = 0;
    }
    *space = s;
    return 0;
}
