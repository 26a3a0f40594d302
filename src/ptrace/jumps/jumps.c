/* SPDX-License-Identifier: MIT */
#include "ptrace/jumps/jumps.h"

#include <stdlib.h>

#include "model/probe.h"
#include "ptrace/arch/arch.h"
#include "ptrace/breakpoints/fault_signals.h"
#include "ptrace/breakpoints/site.h"
#include "ptrace/breakpoints/site_code.h"
#include "ptrace/breakpoints/site_trap.h"
#include "ptrace/capture/capture.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/requests.h"
#include "ptrace/core/thread_walk.h"
#include "ptrace/core/tracee.h"
#include "ptrace/jumps/drain.h"
#include "ptrace/jumps/drops.h"
#include "ptrace/jumps/jump.h"
#include "ptrace/jumps/jump_counts.h"
#include "ptrace/jumps/jumping.h"
#include "ptrace/jumps/promotion.h"
#include "ptrace/jumps/result_kinds.h"
#include "ptrace/jumps/rings.h"
#include "ptrace/os/memory.h"
#include "ptrace/threads/current_cpu.h"
#include "util/addr.h"
#include "util/table.h"
#include "util/vec.h"

enum { SOONER = 8 };

static void free_jumps(struct address_space *space)
{
    struct jumps *jumps = space->jumps;
    drops_count(space);
    if (space->engine->jumping)
        jump_counts_add_all(&space->engine->jumping->counts, space);
    for (size_t i = 0; i < jumps->table.count; i++)
        free(jumps->table.items[i]);
    vec_free(&jumps->table);
    vec_free(&jumps->hot);
    vec_free(&jumps->unseen);
    ring_memory_free(&jumps->rings.memory, !space->unclean && !space->processes);
    free(jumps);
    space->jumps = NULL;
}

/* Whether the function's result is in floating point registers, which stubs at return sites then
   must record. */
static bool returns_floats(struct jumps *jumps, const struct address_space *space,
                           const struct site *site)
{
    const char *reason;
    bool floats = false;
    (void)result_kind_of(&jumps->result_kinds, site->probe, space->engine->capture->string_limit,
                         &floats, &reason);
    return floats;
}

struct jumps *jumps_of(struct address_space *space)
{
    const struct site *site;
    if (space->jumps)
        return space->jumps;
    struct jumps *jumps = calloc(1, sizeof(*jumps));
    if (!jumps)
        return NULL;
    jumps->rings.memory.fd = -1;
    /* Of functions that are armed already; for later ones see jumps_armed(). */
    for (size_t at = 0; !jumps->floats && (site = table_next(&space->sites, &at));)
        jumps->floats = (site->uses & SITE_ENTRY) && returns_floats(jumps, space, site);
    space->jumps = jumps;
    space->free_jumps = free_jumps;
    return jumps;
}

static bool has_rings(const struct address_space *space)
{
    return space && space->jumps && space->jumps->rings.memory.base;
}

/* In a process that does what another one did, a site becomes hot sooner. Not at once: it may end
   after a few calls. */
static bool is_hot(const struct address_space *space, const struct site *site)
{
    const struct engine *engine = space->engine;
    unsigned after = engine->options.jump_after;
    return site->jump.heat >= after / SOONER && site->jump.heat < after &&
           jumping_is_hot_elsewhere(engine->jumping, space, site->at);
}

void jumps_hit(struct tracee *tracee, struct site *site)
{
    struct address_space *space = tracee->process->space;
    struct engine *engine = space->engine;
    struct site_jump *state = &site->jump;
    if (!engine->jumping || state->planted)
        return;
    if (state->heat < UINT16_MAX)
        state->heat++;
    if (is_hot(space, site))
        state->heat = (uint16_t)engine->options.jump_after;
    if (state->heat != engine->options.jump_after || state->reason)
        return;
    struct jumps *jumps = jumps_of(space);
    if (!jumps || jumps->refused)
        return;
    struct site **place = vec_push(&jumps->hot);
    if (!place)
        return;
    *place = site;
    engine->jumping->batch_wanted = true;
    if (jumping_start_drainer(engine) < 0)
        jumps->refused = "there is no thread to take records";
}

void jumps_expect_return(struct tracee *tracee, struct site *entry, struct site *back)
{
    struct address_space *space = tracee->process->space;
    struct jumps *jumps = jumps_of(space);
    const char *reason;
    bool floats = false;
    if (!jumps)
        return;
    unsigned kind = result_kind_of(&jumps->result_kinds, entry->probe,
                                   space->engine->capture->string_limit, &floats, &reason);
    if (kind == RESULT_KINDS_MAX || !result_kind_note(back, kind, &reason))
        back->jump.reason = reason;
    if (!has_rings(space))
        return;
    jumps->floats = jumps->floats || floats;
    if (back->jump.planted &&
        (back->jump.reason || (floats && !back->jump.jump->layout.return_floats)))
        promotion_lift(space, back);
    if (kind < RESULT_KINDS_MAX &&
        rings_add_return(&jumps->rings, result_kind_key(back->at, kind)) == 0) {
        back->in_return_table = true;
        back->on_demand = false;
    }
}

void jumps_forget_return(struct address_space *space, struct site *site)
{
    for (unsigned kind = 0; site->in_return_table && kind < RESULT_KINDS_MAX; kind++)
        rings_remove_return(&space->jumps->rings, result_kind_key(site->at, kind));
    site->in_return_table = false;
}

void jumps_settle(struct address_space *space)
{
    if (has_rings(space))
        drain_space_so_far(space);
}

static const char *records_no_floats(const struct site *site, const void *data)
{
    (void)data;
    return site->jump.jump->layout.is_return && !site->jump.jump->layout.return_floats
               ? "its stub does not record floating point results"
               : NULL;
}

void jumps_armed(struct address_space *space, struct site *site)
{
    if (!space->jumps)
        return;
    space->jumps->plans.generation++; /* the probe may be another one, or have changed */
    if (site->jump.reason)
        site->jump.heat = 0; /* it may become hot again */
    site->jump.reason = NULL;
    if (site->jump.jump && !jump_suits(site->jump.jump, site->probe, site->kinds, space->jumps,
                                       space->engine->capture->string_limit)) {
        if (site->jump.planted)
            promotion_lift(space, site);
        site->jump.jump = NULL; /* it needs another one */
    }
    if (!space->jumps->floats && returns_floats(space->jumps, space, site)) {
        space->jumps->floats = true;
        promotion_lift_all(space, records_no_floats, NULL);
    }
}

void jumps_register(struct tracee *tracee, const arch_regs *regs)
{
    struct address_space *space = tracee->process->space;
    uint64_t key = arch_thread_pointer(regs), self = 0;
    if (!has_rings(space) || tracee->process->silent || tracee->shares_pointer || !key)
        return;
    /* The stub finds the thread by the word at its thread pointer, which is its address (ELF
       Handling For Thread-Local Storage, 3.4.6). */
    if (memory_read(address_space_memory(space), target_addr_of(key), &self, sizeof(self)) < 0 ||
        self != key)
        return;
    if (rings_register(&space->jumps->rings, tracee, key, cpu_address(tracee), &tracee->ring) < 0)
        return; /* all its hits stop */
    fault_signals_look_thread(tracee);
}

/* The stopped thread's thread pointer; 0: none. */
static uint64_t thread_pointer(struct tracee *tracee)
{
    arch_regs regs;
    int r = engine_get_regs(tracee->process->engine, tracee->tid, &regs);
    return r < 0 ? 0 : arch_thread_pointer(&regs);
}

void jumps_thread_began(struct tracee *tracee)
{
    struct address_space *space = tracee->process->space;
    if (!tracee->process->engine->jumping || !space)
        return;
    arch_regs regs;
    if (engine_get_regs(space->engine, tracee->tid, &regs) < 0)
        return;
    tracee->thread_pointer = arch_thread_pointer(&regs);
    tracee->first_sp = arch_sp(&regs);
    if (has_rings(space))
        rings_unregister_key(&space->jumps->rings, tracee->thread_pointer);
}

void jumps_thread_made(struct tracee *creator, struct tracee *child, bool vfork)
{
    struct address_space *space = creator->process->space;
    /* While a process is being attached to, it has no space yet. */
    if (!creator->process->engine->jumping || !space || child->process->space != space)
        return;
    uint64_t own = thread_pointer(creator);
    if (own != child->thread_pointer)
        return;
    if (!vfork)
        creator->shares_pointer = child->shares_pointer = true;
    creator->thread_pointer = own;
    if (has_rings(space))
        rings_unregister_key(&space->jumps->rings, own);
}

void jumps_vfork_done(struct tracee *tracee)
{
    if (has_rings(tracee->process->space))
        rings_unregister_key(&tracee->process->space->jumps->rings, thread_pointer(tracee));
}

void jumps_uncover(struct address_space *space, struct site *site, target_addr at)
{
    const struct jump *jump = site->jump.jump;
    target_addr start = site_form_at(site, SITE_FORM_JUMP);
    if (!jump || at.value - start.value >= jump->region)
        return;
    site->jump.reason = "a breakpoint is in the code that the jump would replace";
    if (site->jump.planted)
        promotion_lift(space, site);
}

void jumps_unmapped(struct address_space *space, struct site *site)
{
    jumps_forget_return(space, site);
    if (site->jump.planted && site_form_in(address_space_memory(space), site) == SITE_FORM_JUMP)
        promotion_lift(space, site);
    if (site->jump.planted)
        site->planted = false;
    if (space->engine->jumping)
        jump_counts_add(&space->engine->jumping->counts, space, site);
    site->jump = (struct site_jump){.made = site->jump.made};
    site->method = &site_trap_method;
}

/* The thread is about to leave those that share its thread pointer: the last one may have a ring
   again. */
static void end_sharing(struct tracee *tracee)
{
    struct tracee *other = NULL;
    unsigned n = 0;
    if (!tracee->shares_pointer || !tracee->process->space)
        return;
    for (struct tracee *t = thread_walk_first(tracee->process->space); t; t = thread_walk_after(t))
        if (t != tracee && t->shares_pointer && t->thread_pointer == tracee->thread_pointer) {
            other = t;
            n++;
        }
    if (n == 1)
        other->shares_pointer = false;
    tracee->shares_pointer = false;
}

void jumps_thread_ends(struct tracee *tracee)
{
    struct address_space *space = tracee->process->space;
    end_sharing(tracee);
    if (!tracee->ring || !space || !space->jumps)
        return;
    drain_thread(tracee);
    rings_release(&space->jumps->rings, tracee->ring);
    tracee->ring = NULL;
}
