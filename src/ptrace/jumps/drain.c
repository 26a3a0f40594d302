/* SPDX-License-Identifier: MIT */
#include "ptrace/jumps/drain.h"

#include <stdbool.h>
#include <string.h>

#include "model/hit.h"
#include "model/probe.h"
#include "model/ring.h"
#include "ptrace/arch/arch.h"
#include "ptrace/arch/stub.h"
#include "ptrace/breakpoints/calls.h"
#include "ptrace/breakpoints/report.h"
#include "ptrace/breakpoints/site.h"
#include "ptrace/breakpoints/site_table.h"
#include "ptrace/capture/capture.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/callstack.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/stack_range.h"
#include "ptrace/core/tracee.h"
#include "ptrace/jumps/drops.h"
#include "ptrace/jumps/jump.h"
#include "ptrace/jumps/jumping.h"
#include "ptrace/jumps/jumps.h"
#include "ptrace/jumps/own_stack.h"
#include "ptrace/jumps/record_values.h"
#include "ptrace/jumps/rings.h"
#include "ptrace/jumps/tsc_clock.h"
#include "ptrace/os/spans.h"
#include "util/addr.h"
#include "util/log.h"

enum {
    RECORD_SHORT = 96,
    FREE_BYTES = 8192, /* are freed at once: the thread reads that word for each record */
};

_Static_assert((int)RECORD_SHORT <= (int)RING_RECORD_MAX, "what follows the data can be read");

/* A record, copied: the target may change it at any time. */
struct taken {
    struct jump *jump;
    uint64_t time_ns;
    uint64_t stack_args; /* where the record's words of the stack were */
    union {
        struct ring_record record;
        uint8_t bytes[RING_RECORD_MAX + RECORD_VALUES_READ];
    };
};

/* ---- taking */

static void give_up_ring(struct rings *rings, struct ring *ring)
{
    struct ring *own = ring->tracee->ring;
    log_warning("the program has overwritten the records of thread %d: they are lost, and its "
                "calls are recorded by stops",
                ring->tracee->tid);
    rings_unregister(rings, own);
    own->is_broken = ring->is_broken = true;
}

/* The time of the ring's next record. The clock is set anew now and then: a record of a thread is
   later than the last one. */
static uint64_t time_of(const struct engine *engine, struct ring *ring, uint64_t tsc)
{
    uint64_t ns = tsc_clock_ns(&engine->jumping->clock, tsc);
    ring->last_ns = ns > ring->last_ns ? ns : ring->last_ns + 1;
    return ring->last_ns;
}

/* The counter of the ring's next record. false: there is none. */
static bool peek(const struct ring *ring, uint64_t *tsc)
{
    if (ring->is_broken || ring_pending(ring) == 0)
        return false;
    memcpy(tsc, ring->data + (ring->tail & (ring->size - 1)), sizeof(*tsc));
    return true;
}

/* Takes the ring's next record. false: there is none, or the ring is broken. */
static bool take_next(struct engine *engine, struct jumps *jumps, struct ring *ring,
                      struct taken *taken)
{
    uint64_t pending = ring_pending(ring);
    const uint8_t *from = ring->data + (ring->tail & (ring->size - 1));
    if (pending == 0 || ring->is_broken)
        return false;
    if (pending < sizeof(taken->record) || pending > ring->size || pending % sizeof(uint64_t) != 0)
        goto broken;
    /* Most records have no more: the copy takes a few instructions. */
    memcpy(taken->bytes, from, RECORD_SHORT);
    if (taken->record.site >= jumps->table.count)
        goto broken;
    taken->jump = jumps->table.items[taken->record.site];
    const struct jump *jump = taken->jump;
    size_t length = jump->record_size;
    if (jump->has_strings)
        length = stub_record_length(&jump->layout, from, pending);
    if (length > pending || length == 0)
        goto broken;
    if (length > RECORD_SHORT)
        memcpy(taken->bytes + RECORD_SHORT, from + RECORD_SHORT, length - RECORD_SHORT);
    if (jump->has_strings && stub_record_length(&jump->layout, taken->bytes, length) != length)
        goto broken; /* it has changed meanwhile */
    taken->time_ns = time_of(engine, ring, taken->record.tsc);
    ring->tail += length;
    if (ring->tail - ring->freed >= FREE_BYTES)
        ring_free_taken(ring);
    return true;
broken:
    give_up_ring(&jumps->rings, ring);
    return false;
}

/* ---- reporting */

/* struct capture_source: the stack arguments and the copies in the record are all the memory there
   is. */
static unsigned read_record(void *data, struct span *spans, size_t n)
{
    const struct taken *taken = data;
    const uint8_t *stack = (const uint8_t *)stub_record_stack(&taken->jump->layout, &taken->record);
    uint64_t low = taken->stack_args;
    uint64_t size = stack ? taken->jump->layout.stack_words * sizeof(uint64_t) : 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t offset = spans[i].at - low;
        size_t n_stack = offset >= size               ? 0
                         : spans[i].n < size - offset ? spans[i].n
                                                      : size - offset;
        spans[i].got = stub_record_memory(&taken->jump->layout, &taken->record, spans[i].at,
                                          spans[i].to, spans[i].n);
        if (n_stack > spans[i].got) {
            memcpy(spans[i].to, stack + offset, n_stack);
            spans[i].got = n_stack;
        }
    }
    return 0;
}

/* The values of a hit that are plainly in its record. false: they are not. */
static bool take_values(const struct tracee *tracee, const struct hit *hit,
                        const struct taken *taken)
{
    struct record_plans *plans = &tracee->process->space->jumps->plans;
    struct record_plan *own = &taken->jump->plan;
    const struct record_plan *plan = own;
    if (hit->kind == HIT_EXIT)
        plan = record_plan_of_returns(plans, hit->probe);
    else if (own->probe != hit->probe || own->generation != plans->generation)
        record_plan_make(own, hit->probe, HIT_ENTRY, &taken->jump->layout, plans->generation);
    if (!plan->is_direct || (plan->has_floats && !taken->jump->layout.return_floats))
        return false;
    record_values_set(plan, &taken->record, tracee->process->engine->capture->values);
    return true;
}

static void report(struct tracee *tracee, struct hit *hit, struct taken *taken,
                   const struct frame *frame)
{
    if (take_values(tracee, hit, taken)) {
        report_values(tracee, hit);
        return;
    }
    arch_regs regs;
    struct arch_float_regs floats;
    stub_record_registers(&taken->jump->layout, &taken->record, &regs, &floats);
    taken->stack_args = arch_stack_args(&regs).value;
    const struct capture_source source = {
        .regs = &regs,
        .result_address = frame ? frame->result_address : 0,
        .read = read_record,
        .data = taken,
    };
    report_begin(tracee, hit->probe, hit->kind, &source);
    report_hit(tracee, hit, &regs, &floats);
}

static int cpu_of_record(const struct ring_record *record)
{
    return record->cpu == RING_CPU_UNKNOWN ? -1 : record->cpu;
}

static void report_entry(struct tracee *tracee, struct taken *taken)
{
    struct address_space *space = tracee->process->space;
    struct site *site = taken->jump->site;
    struct hit hit = {
        .probe = site->probe,
        .kind = HIT_ENTRY,
        .by_jump = true,
        .cpu = cpu_of_record(&taken->record),
        .time_ns = taken->time_ns,
        .return_address = taken->record.link,
        .ip = site->at.value,
    };
    space->engine->stats.calls++;
    space->engine->stats.jump_calls++;
    tracee_refresh_name(tracee, hit.time_ns);
    hit.depth = callstack_depth(&tracee->frames);
    if (site->kinds & HIT_EXIT) {
        struct site *back = site_table_get(space, target_addr_of(taken->record.link));
        bool is_return = back && (back->uses & SITE_RETURN);
        calls_enter(tracee, site, is_return ? back : NULL, taken->record.slot, 0, &hit);
    }
    if (site->kinds & HIT_ENTRY)
        report(tracee, &hit, taken, NULL);
}

static void report_return(struct tracee *tracee, struct taken *taken)
{
    const struct ring_record *record = &taken->record;
    const struct site *site = taken->jump->site;
    struct frame frame;
    struct hit hit = {
        .kind = HIT_EXIT,
        .by_jump = true,
        .cpu = cpu_of_record(record),
        .time_ns = taken->time_ns,
        .return_address = site->at.value,
        .ip = site->at.value,
    };
    struct stack_range stack = stack_range_of(tracee, record->slot, hit.time_ns);
    calls_seen(tracee, hit.time_ns);
    if (tracee->exception && callstack_in_doubt(&tracee->frames, record->slot, site->at.value) &&
        (record->link == tracee->exception || stub_record_slot_word(record) != site->at.value))
        callstack_left(&tracee->frames, record->slot, site->at.value);
    while (callstack_return(&tracee->frames, record->slot, site->at.value, stack, &frame)) {
        const struct site *entry = frame.what;
        tracee_refresh_name(tracee, hit.time_ns);
        if (!(entry->uses & SITE_ENTRY) || !(entry->kinds & HIT_EXIT))
            continue;
        hit.probe = entry->probe;
        hit.out_of_order = tracee->frames.out_of_order;
        hit.depth = frame.depth;
        hit.duration_ns = tracee_call_time(tracee, &frame, hit.time_ns);
        report(tracee, &hit, taken, &frame);
    }
}

/* Whether the record is of an entry that was reported already. Of a return, nothing is open any
   more then; or the handler of the fault has moved the thread on, and it is another return. */
static bool is_retried_record(struct tracee *tracee, const struct taken *taken)
{
    bool is_return = taken->jump->layout.is_return;
    uint64_t sp = taken->record.slot + (is_return ? sizeof(uint64_t) : 0);
    return tracee_is_retry(tracee, taken->jump->site->at, sp) && !is_return;
}

/* On another stack than the thread's, jumps may have to be lifted, at the next change of jumps: see
   suspended.h. */
static void look_at_stack(struct tracee *tracee, const struct ring *ring, uint64_t sp)
{
    struct address_space *space = tracee->process->space;
    if (!ring->key || !own_stack_left(tracee, sp, ring->key))
        return;
    space->suspends = true;
    space->engine->jumping->batch_wanted = true;
}

static void report_record(struct tracee *tracee, struct ring *ring, struct taken *taken)
{
    const struct site *site = taken->jump->site;
    tracee->process->engine->stats.records++;
    if (taken->record.gap != ring->gap || ring->has_gap) {
        ring->gap = taken->record.gap;
        ring->has_gap = false;
        drops_before(tracee);
    }
    if (is_retried_record(tracee, taken) || tracee->process->silent)
        return;
    look_at_stack(tracee, ring, taken->record.slot);
    if (taken->jump->layout.is_return)
        report_return(tracee, taken);
    else if (site->uses & SITE_ENTRY)
        report_entry(tracee, taken);
}

void drain_thread(struct tracee *tracee)
{
    if (!tracee->ring || !tracee->process->space || !tracee->process->space->jumps)
        return;
    struct jumps *jumps = tracee->process->space->jumps;
    struct taken taken;
    for (const struct ring *before = NULL;;) {
        struct ring *ring = rings_current(tracee->ring);
        if (ring == before || ring_pending(ring) == 0)
            break;
        if (!before) /* its time is between two readings of the clock, not behind the last one */
            tsc_clock_update(&tracee->process->engine->jumping->clock);
        before = ring;
        while (take_next(tracee->process->engine, jumps, ring, &taken))
            report_record(tracee, ring, &taken);
        ring_free_taken(ring);
    }
    if (!tracee->ring->is_broken)
        drops_until_stop(tracee);
}

/* ---- all threads, by time */

struct source {
    struct ring *ring;
    uint64_t tsc;
};

/* A heap of rings, that with the earliest record first. */
struct merge {
    struct source heap[RING_MEMORY_RINGS];
    unsigned n;
};

static void sift_down(struct merge *merge, unsigned i)
{
    struct source *heap = merge->heap;
    for (;;) {
        unsigned least = 2 * i + 1;
        if (least >= merge->n)
            return;
        if (least + 1 < merge->n && heap[least + 1].tsc < heap[least].tsc)
            least++;
        if (heap[i].tsc <= heap[least].tsc)
            return;
        struct source other = heap[i];
        heap[i] = heap[least];
        heap[least] = other;
        i = least;
    }
}

enum {
    TURN_MAX = 8192, /* in one turn: the engine lock is held */
    FULL = 4,        /* a ring in which so great a part waits is too small */
    DROPS_EVERY_NS = 200000000,
};

/* More than all rings hold: the target can write any time. */
enum { TURNS_MAX = 512 };

/* Adds the ring to those with records. Gives its thread a larger one if it fills this quickly. */
static void add_source(struct merge *merge, struct rings *rings, struct ring *active)
{
    struct ring *ring = rings_current(active);
    uint64_t tsc;
    if (!peek(ring, &tsc))
        return;
    merge->heap[merge->n++] = (struct source){ring, tsc};
    if (ring_pending(ring) > ring->size / FULL && !active->older)
        rings_grow(rings, &ring->tracee->ring);
}

/* The next record of the first ring's thread. false: there is none now. */
static bool to_next_record(struct source *first)
{
    struct ring *ring = first->ring;
    if (peek(ring, &first->tsc))
        return true;
    ring_free_taken(ring);
    first->ring = rings_current(ring->tracee->ring);
    return first->ring != ring && peek(first->ring, &first->tsc);
}

/* Records whose counter is not above `until`. */
static size_t drain_until(struct address_space *space, uint64_t until)
{
    struct jumps *jumps = space->jumps;
    struct merge merge;
    struct taken taken;
    size_t n = 0;
    merge.n = 0;
    for (unsigned i = 0; jumps && i < jumps->rings.n_active; i++)
        add_source(&merge, &jumps->rings, jumps->rings.active[i]);
    for (unsigned i = merge.n / 2; i-- > 0;)
        sift_down(&merge, i);
    while (merge.n && n < TURN_MAX && merge.heap[0].tsc <= until) {
        struct source *first = &merge.heap[0];
        bool taken_one = take_next(space->engine, jumps, first->ring, &taken);
        if (taken_one) {
            report_record(first->ring->tracee, first->ring, &taken);
            n++;
        }
        if (!taken_one || !to_next_record(first))
            *first = merge.heap[--merge.n];
        sift_down(&merge, 0);
    }
    for (unsigned i = 0; i < merge.n; i++)
        ring_free_taken(merge.heap[i].ring);
    return n;
}

static size_t drain_space(struct address_space *space)
{
    return drain_until(space, UINT64_MAX);
}

size_t drain_all(struct engine *engine)
{
    const struct address_space *last = NULL;
    struct process *process;
    struct jumping *jumping = engine->jumping;
    size_t n = 0;
    tsc_clock_update(&jumping->clock);
    bool counts = jumping->clock.to.ns >= jumping->next_drops_ns;
    if (counts)
        jumping->next_drops_ns = jumping->clock.to.ns + DROPS_EVERY_NS;
    for (size_t at = 0; (process = table_next(&engine->processes, &at));) {
        if (process->space && process->space != last)
            n += drain_space(process->space);
        if (counts && process->space && process->space != last && process->space->jumps)
            drops_count(process->space);
        last = process->space;
    }
    return n;
}

void drain_space_whole(struct address_space *space)
{
    tsc_clock_update(&space->engine->jumping->clock);
    while (drain_space(space) > 0)
        continue;
    drops_count(space);
}

void drain_space_so_far(struct address_space *space)
{
    uint64_t until = arch_cycle_counter();
    tsc_clock_update(&space->engine->jumping->clock);
    for (unsigned i = 0; i < TURNS_MAX && drain_until(space, until) > 0; i++)
        continue;
    drops_count(space);
}

void drain_all_so_far(struct engine *engine)
{
    const struct address_space *last = NULL;
    struct process *process;
    for (size_t at = 0; (process = table_next(&engine->processes, &at));) {
        if (process->space && process->space != last && process->space->jumps)
            drain_space_so_far(process->space);
        last = process->space;
    }
}
