/* SPDX-License-Identifier: MIT */
#include "ptrace/jumps/drops.h"

#include "model/hit.h"
#include "model/probe.h"
#include "model/ring.h"
#include "ptrace/breakpoints/site.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/callstack.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/tracee.h"
#include "ptrace/jumps/jump.h"
#include "ptrace/jumps/jumps.h"
#include "ptrace/jumps/rings.h"

/* More than a program can drop in a minute; the counters are read far more often. */
static const uint64_t DROPS_MAX = UINT64_C(1) << 36;

static void count_drops(struct engine *engine, struct jump *jump, uint64_t drops)
{
    const struct site *site = jump->site;
    uint64_t n = drops - jump->drops;
    jump->drops = drops;
    /* A return that was dropped shows by its call: see return_dropped(). So many since the counter
       was last read, or less than none, cannot be: the program has overwritten it. */
    if (n == 0 || n > DROPS_MAX || jump->layout.is_return || !site->probe)
        return;
    engine->stats.calls += n;
    engine->stats.jump_calls += n;
    uint64_t hits = n * (unsigned)__builtin_popcount(site->kinds);
    engine->stats.dropped += hits;
    if (engine->sink.dropped)
        engine->sink.dropped(engine->sink.data, site->probe, n, hits);
}

void drops_count(struct address_space *space)
{
    struct jumps *jumps = space->jumps;
    for (size_t i = 0; jumps->rings.memory.base && i < jumps->table.count; i++)
        count_drops(space->engine, jumps->table.items[i],
                    ring_memory_drops(&jumps->rings.memory, (uint32_t)i));
}

/* The call's exit was wanted, and its record was dropped. */
static void return_dropped(void *data, const struct frame *frame)
{
    struct engine *engine = data;
    const struct site *entry = frame->what;
    if (!(entry->uses & SITE_ENTRY) || !(entry->kinds & HIT_EXIT) || entry->probe->resolves)
        return;
    engine->stats.dropped++;
    if (engine->sink.dropped)
        engine->sink.dropped(engine->sink.data, entry->probe, 0, 1);
}

void drops_before(struct tracee *tracee)
{
    callstack_missed(&tracee->frames, return_dropped, tracee->process->engine);
    tracee->records_gap = tracee->frames.epoch;
    tracee->has_dropped = true;
}

void drops_until_stop(struct tracee *tracee)
{
    struct ring *ring = rings_current(tracee->ring);
    uint16_t gap = (uint16_t)__atomic_load_n(&ring->block->gaps, __ATOMIC_RELAXED);
    if (gap == ring->gap && !ring->has_gap)
        return; /* its last hit was recorded, or it has dropped none */
    ring->gap = gap;
    ring->has_gap = false;
    drops_before(tracee);
    uint64_t slot = __atomic_load_n(&ring->block->gap_slot, __ATOMIC_RELAXED);
    callstack_seen(&tracee->frames, slot + 1, tracee->stack);
}
