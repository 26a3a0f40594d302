/* SPDX-License-Identifier: MIT */
#include "ptrace/jumps/stopped_threads.h"

#include <signal.h>
#include <stdint.h>
#include <string.h>

#include "ptrace/arch/arch.h"
#include "ptrace/arch/displaced.h"
#include "ptrace/breakpoints/code_slots.h"
#include "ptrace/breakpoints/sigtrap.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/requests.h"
#include "ptrace/core/thread_walk.h"
#include "ptrace/core/tracee.h"
#include "ptrace/core/wait.h"
#include "ptrace/jumps/in_stub.h"
#include "ptrace/jumps/jump.h"
#include "ptrace/os/memory.h"
#include "ptrace/os/proc_status.h"
#include "ptrace/os/wait_status.h"
#include "util/addr.h"
#include "util/maps.h"

enum {
    SCAN_WORDS = 512,           /* read at once */
    SCAN_MAX = 4 * 1024 * 1024, /* bytes of a stack that are looked at */
    PARTS_MAX = 8,              /* stacks of a thread */
};

bool stopped_threads_known(struct address_space *space)
{
    struct stop stop;
    for (struct tracee *t = thread_walk_first(space); t; t = thread_walk_after(t)) {
        if (t->vforking)
            continue;
        if (t->listening || t->unstoppable || !wait_is_stopped(t->tid, &stop) ||
            stop.kind == STOP_FORK || stop.kind == STOP_VFORK || stop.kind == STOP_CLONE)
            return false;
    }
    return true;
}

/* The range that the address is in, behind its start; NULL: none. */
static struct replaced *find_replaced(struct replaced *ranges, size_t n, target_addr at)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (at.value < ranges[middle].start.value + !ranges[middle].is_behind_hit)
            high = middle;
        else if (at.value >= ranges[middle].end.value)
            low = middle + 1;
        else
            return &ranges[middle];
    }
    return NULL;
}

/* Whether the PC is behind the site's breakpoint because the thread has just hit it. */
static bool is_in_trap(struct tracee *tracee, const struct site *site, target_addr pc,
                       const struct stop *stop)
{
    uint64_t pending, blocked;
    if (!site->planted || site->jump.planted || pc.value != site->at.value + arch_trap_pc_offset)
        return false;
    if (stop->kind == STOP_SIGNAL)
        return stop->code == SIGTRAP && sigtrap_is_breakpoint(tracee);
    return proc_status_set(tracee->tid, "SigPnd", &pending) == 0 &&
           proc_status_set(tracee->tid, "SigBlk", &blocked) == 0 &&
           ((pending & ~blocked) >> (SIGTRAP - 1)) & 1;
}

/* The place in the copy of the site's stub that stands for this PC of the program; 0: none. */
static target_addr place_in_copy(const struct site *site, int64_t offset)
{
    const struct jump *jump = site->jump.jump;
    for (unsigned i = 0; jump && i < jump->map.n_steps; i++)
        if (jump->map.steps[i].site_offset == offset)
            return target_addr_plus(jump->stub,
                                    jump->map.displaced + (int64_t)jump->map.steps[i].slot_offset);
    return target_addr_of(0);
}

static void move_thread(struct tracee *tracee, struct replaced *range, int64_t offset,
                        arch_regs *regs, bool move)
{
    target_addr to = place_in_copy(range->site, offset);
    if (!to.value)
        range->is_busy = true;
    else if (move && engine_set_pc(tracee->process->engine, tracee->tid, regs, to) < 0)
        return; /* it is gone */
}

static struct replaced *range_of(struct replaced *ranges, size_t n, const struct site *site)
{
    for (size_t i = 0; i < n; i++)
        if (ranges[i].site == site)
            return &ranges[i];
    return NULL;
}

/* A thread in the slot of a site's breakpoint goes on behind the first instruction. */
static void leave_old_slot(struct tracee *tracee, struct replaced *ranges, size_t n,
                           arch_regs *regs, bool move)
{
    struct site *site = code_slots_owner(tracee->process->space->slots, arch_pc(regs));
    struct replaced *range = site ? range_of(ranges, n, site) : NULL;
    uint64_t in_slot = site ? arch_pc(regs).value - site->trap.slot.value : 0;
    if (!range || in_slot >= site->trap.slot_length)
        return;
    int offset = displaced_site_offset(site->trap.steps, site->trap.n_steps, in_slot);
    if (offset < 0)
        range->is_busy = true;
    else
        move_thread(tracee, range, offset - site->jump.skip, regs, move);
}

/* A part of a stack that is looked at. */
struct part {
    uint64_t low, end;
};

/* The parts of a thread's stacks: a handler on an alternate stack has interrupted code on another
   one, perhaps a handler, too. */
struct parts {
    struct part all[PARTS_MAX];
    unsigned n;
};

/* Adds the stack from `sp` on. */
static void add_part(struct parts *parts, const struct maps *maps, uint64_t sp)
{
    uint64_t low = sp & ~(uint64_t)(sizeof(uint64_t) - 1);
    const struct map *stack = maps_find(maps, target_addr_of(low));
    for (unsigned i = 0; i < parts->n; i++)
        if (low >= parts->all[i].low && low < parts->all[i].end)
            return;
    if (!stack || parts->n == PARTS_MAX)
        return;
    uint64_t end = stack->end.value - low < SCAN_MAX ? stack->end.value : low + SCAN_MAX;
    parts->all[parts->n++] = (struct part){low, end};
}

/* Reads with an overlap: saved registers may begin at any word. */
static void scan_stack_part(const struct address_space *space, const struct maps *maps,
                            struct replaced *ranges, size_t n, struct parts *parts,
                            struct part part)
{
    enum { OVERLAP = ARCH_SAVED_WORDS - 1 };
    uint64_t words[OVERLAP + SCAN_WORDS] = {0}, saved;
    for (uint64_t at = part.low; at < part.end; at += SCAN_WORDS * sizeof(words[0])) {
        size_t size = SCAN_WORDS * sizeof(words[0]);
        if (part.end - at < size)
            size = part.end - at;
        size_t got = memory_read_some(address_space_memory(space), target_addr_of(at),
                                      words + OVERLAP, size);
        for (size_t i = 0; i < got / sizeof(words[0]); i++) {
            struct replaced *range = find_replaced(ranges, n, target_addr_of(words[OVERLAP + i]));
            if (range)
                range->is_busy = true;
            if (arch_saved_sp(words + i, &saved))
                add_part(parts, maps, saved);
        }
        if (got < size)
            return;
        memmove(words, words + SCAN_WORDS, OVERLAP * sizeof(words[0]));
    }
}

static void scan_stacks(const struct address_space *space, const struct maps *maps,
                        struct replaced *ranges, size_t n, uint64_t sp)
{
    struct parts parts = {.n = 0};
    add_part(&parts, maps, sp);
    for (unsigned i = 0; i < parts.n; i++)
        scan_stack_part(space, maps, ranges, n, &parts, parts.all[i]);
}

void stopped_threads_leave(struct address_space *space, struct replaced *ranges, size_t n,
                           bool move)
{
    /* Not the space's: those are read again only after some time. */
    struct maps maps = {0};
    const struct tracee *any = thread_walk_first(space);
    bool known = move || (any && maps_read(&maps, any->tid) == 0);
    for (size_t i = 0; !known && i < n; i++)
        ranges[i].is_busy = true;
    for (struct tracee *t = thread_walk_first(space); t; t = thread_walk_after(t)) {
        arch_regs regs;
        struct stop stop;
        if (!wait_is_stopped(t->tid, &stop) || stop_is_end(&stop) ||
            engine_get_regs(space->engine, t->tid, &regs) < 0)
            continue;
        target_addr pc = arch_pc(&regs);
        struct replaced *range = find_replaced(ranges, n, pc);
        if (range && !is_in_trap(t, range->site, pc, &stop))
            move_thread(t, range, (int64_t)(pc.value - range->start.value), &regs, move);
        else if (!range)
            leave_old_slot(t, ranges, n, &regs, move);
        if (!move)
            scan_stacks(space, &maps, ranges, n, arch_sp(&regs));
    }
    maps_free(&maps);
}

pid_t stopped_threads_unhit(struct address_space *space)
{
    struct engine *engine = space->engine;
    for (struct tracee *t = thread_walk_first(space); t; t = thread_walk_after(t)) {
        arch_regs regs;
        struct stop stop;
        target_addr again;
        /* A trap may have undone what the program has asked about SIGTRAP, which is restored where
           the hit is handled. */
        if (t->trap_block != TRAP_NOT_BLOCKED || t->process->trap.special || t->vforking ||
            t->listening || !wait_is_stopped(t->tid, &stop) || stop.kind != STOP_SIGNAL ||
            stop.code != SIGTRAP || !sigtrap_is_breakpoint(t) ||
            engine_get_regs(engine, t->tid, &regs) < 0)
            continue;
        const struct site *site = in_stub_or_site(space, &regs, &again);
        target_addr trap = target_addr_plus(arch_pc(&regs), -(int64_t)arch_trap_pc_offset);
        /* What it has hit is still there. */
        if (site && site->planted && site->jump.planted == (in_stub_trap(space, trap) != NULL) &&
            engine_set_pc(engine, t->tid, &regs, again) == 0 && wait_settle(engine, t->tid) == 0)
            return t->tid;
    }
    return 0;
}
