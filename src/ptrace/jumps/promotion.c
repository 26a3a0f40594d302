/* SPDX-License-Identifier: MIT */
#include "ptrace/jumps/promotion.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "model/probe.h"
#include "ptrace/arch/stub.h"
#include "ptrace/breakpoints/program_memory.h"
#include "ptrace/breakpoints/site.h"
#include "ptrace/breakpoints/site_code.h"
#include "ptrace/breakpoints/site_table.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/thread_walk.h"
#include "ptrace/core/tracee.h"
#include "ptrace/core/tracer_thread.h"
#include "ptrace/core/wait.h"
#include "ptrace/jumps/drain.h"
#include "ptrace/jumps/jump.h"
#include "ptrace/jumps/jump_make.h"
#include "ptrace/jumps/jump_memory.h"
#include "ptrace/jumps/jumping.h"
#include "ptrace/jumps/jumps.h"
#include "ptrace/jumps/pacing.h"
#include "ptrace/jumps/rings.h"
#include "ptrace/jumps/stopped_threads.h"
#include "ptrace/os/memory.h"
#include "ptrace/os/wait_status.h"
#include "ptrace/threads/cpu_pinning.h"
#include "util/addr.h"
#include "util/clock.h"
#include "util/table.h"
#include "util/vec.h"

enum {
    BATCH_MAX = 256,
    BATCH_NS = 1000000, /* after so long, with the threads stopped, sites wait for the next one */
    MAKE_NS = 4000000,  /* after so long, stubs are made with the threads stopped */
    DRAIN_NS = 500000,  /* so often, records are taken meanwhile */
    SHARE_TESTED = 3,   /* see pacing.h: with engine_options.jump_every_ms 0 */
    AGAIN_NS = 1000000, /* until sites are tried again whose code some thread was in */
    THREAD_NS = 20000,  /* a change takes about so long for each thread, */
    GO_ON_NS = 5000,    /* and so long until it goes on */
};

/* A change of jumps in one address space, with its threads stopped. */
struct batch {
    struct address_space *space;
    struct process *process;
    uint64_t start_ns;
    pid_t helper; /* makes system calls; 0: none is able to */
    struct replaced ranges[BATCH_MAX];
    size_t n;
};

/* ---- planting and lifting */

static int write_form(struct batch *batch, const struct site *site, enum site_form form,
                      bool original)
{
    size_t length;
    const uint8_t *bytes = site_form_bytes(site, form, &length);
    batch->space->engine->stats.text_writes++;
    batch->space->changes++;
    return memory_write(address_space_memory(batch->space), site_form_at(site, form),
                        original ? site_form_original(site, form) : bytes, length);
}

static void plant(struct batch *batch, struct site *site)
{
    if (!site->planted)
        return;
    /* The breakpoint is among the jump's bytes, or before them. */
    if (write_form(batch, site, SITE_FORM_TRAP, true) < 0)
        return;
    if (write_form(batch, site, SITE_FORM_JUMP, false) < 0) {
        /* Of a jump across two pages, the first bytes may have been written. */
        site->planted = write_form(batch, site, SITE_FORM_JUMP, true) == 0 &&
                        write_form(batch, site, SITE_FORM_TRAP, false) == 0;
        return;
    }
    site->jump.planted = true;
    site->jump.heat = 0;
    site->method = &jump_method;
    atomic_store(&batch->space->engine->jumping->has_jumps, true);
    batch->space->engine->stats.jumps++;
    jumping_note_hot(batch->space->engine->jumping, batch->space, site->at);
}

static void lift(struct batch *batch, struct site *site)
{
    if (!site->jump.planted ||
        site_form_in(address_space_memory(batch->space), site) != SITE_FORM_JUMP)
        return;
    if (write_form(batch, site, SITE_FORM_JUMP, true) < 0)
        return;
    site->jump.planted = false;
    site->jump.heat = 0;
    site->planted = site->uses && write_form(batch, site, SITE_FORM_TRAP, false) == 0;
    batch->space->engine->stats.jumps_lifted++;
}

/* ---- a batch */

static int compare_replaced(const void *a, const void *b)
{
    const struct replaced *x = a, *y = b;
    return x->start.value < y->start.value ? -1 : x->start.value > y->start.value;
}

static bool is_to_get_jump(const struct site *site)
{
    return site->planted && site->mapped && !site->jump.planted && !site->jump.reason;
}

static void prepare_hot(struct batch *batch)
{
    struct jumps *jumps = batch->space->jumps;
    uint64_t start_ns = clock_now_ns();
    size_t kept = 0;
    for (size_t i = 0; i < jumps->hot.count; i++) {
        struct site *site = jumps->hot.items[i];
        if (batch->n == BATCH_MAX || (i > 0 && clock_now_ns() - start_ns > BATCH_NS)) {
            jumps->hot.items[kept++] = site;
            continue;
        }
        if (!site->planted) /* it may become hot again: a return site that is on demand, too */
            site->jump.heat = 0;
        if (!is_to_get_jump(site))
            continue;
        int r = jump_make(batch->process, site, true);
        if (r == -EAGAIN)
            jumps->hot.items[kept++] = site;
        if (r < 0)
            continue;
        target_addr start = site_form_at(site, SITE_FORM_JUMP);
        batch->ranges[batch->n++] = (struct replaced){
            .start = start,
            .end = target_addr_plus(start, site->jump.jump->region),
            .is_behind_hit = site->jump.skip > 0,
            .site = site,
        };
    }
    jumps->hot.count = kept;
    qsort(batch->ranges, batch->n, sizeof(batch->ranges[0]), compare_replaced);
}

static void again_later(struct jumps *jumps, struct site *site)
{
    struct site **place = vec_push(&jumps->hot);
    if (place)
        *place = site;
}

static void plant_prepared(struct batch *batch)
{
    stopped_threads_leave(batch->space, batch->ranges, batch->n, false);
    size_t n = 0;
    for (size_t i = 0; i < batch->n; i++) {
        if (batch->ranges[i].is_busy)
            again_later(batch->space->jumps, batch->ranges[i].site);
        else
            batch->ranges[n++] = batch->ranges[i];
    }
    batch->n = n;
    stopped_threads_leave(batch->space, batch->ranges, batch->n, true);
    for (size_t i = 0; i < batch->n; i++)
        plant(batch, batch->ranges[i].site);
}

/* The next site after *at whose jump has no use any more. */
static struct site *next_unused(const struct address_space *space, size_t *at)
{
    struct site *site;
    while ((site = table_next(&space->sites, at)) && (!site->jump.planted || site->uses))
        continue;
    return site;
}

static void lift_unused(struct batch *batch)
{
    struct site *site;
    for (size_t at = 0; (site = next_unused(batch->space, &at));)
        lift(batch, site);
}

/* The first site, from *at on, that is to lose its jump. */
static struct site *next_to_lift(const struct address_space *space, size_t *at, promotion_why *why,
                                 const void *data, const char **reason)
{
    struct site *site;
    while ((site = table_next(&space->sites, at)))
        if (site->jump.planted && (*reason = why(site, data)))
            return site;
    return NULL;
}

static void lift_for(struct batch *batch, promotion_why *why, const void *data)
{
    struct site *site;
    const char *reason;
    for (size_t at = 0; (site = next_to_lift(batch->space, &at, why, data, &reason));) {
        site->jump.reason = reason;
        lift(batch, site);
    }
}

/* A stopped thread that is able to make system calls; 0: none. */
static pid_t find_helper(struct address_space *space)
{
    struct stop stop;
    if (space->helper)
        return space->helper;
    for (struct tracee *t = thread_walk_first(space); t; t = thread_walk_after(t))
        if (!t->vforking && !t->listening && wait_is_stopped(t->tid, &stop) &&
            wait_is_settled(&stop))
            return t->tid;
    return stopped_threads_unhit(space);
}

static void begin(struct batch *batch, struct address_space *space)
{
    batch->space = space;
    batch->process = process_reported(space);
    batch->n = 0;
    batch->start_ns = clock_now_ns();
    wait_stop_all(space->engine, space, space->helper);
    batch->helper = find_helper(space);
}

static uint64_t count_threads(const struct address_space *space)
{
    uint64_t threads = 0;
    for (const struct process *p = space->processes; p; p = p->next_in_space)
        threads += p->n_threads;
    return threads;
}

/* The threads go on one by one, when their stops are handled. */
static void note_stop(const struct batch *batch)
{
    pacing_note(&batch->space->jumps->pacing, batch->start_ns,
                clock_now_ns() + count_threads(batch->space) * GO_ON_NS);
}

static void finish_batch(struct batch *batch)
{
    struct engine_stats *stats = &batch->space->engine->stats;
    uint64_t ns = clock_now_ns() - batch->start_ns;
    note_stop(batch);
    stats->jump_batches++;
    stats->jump_batch_ns += ns;
    if (ns > stats->jump_batch_longest_ns)
        stats->jump_batch_longest_ns = ns;
}

static bool is_file_being_read(struct process *process, const struct site *site)
{
    const struct engine_sink *sink = &process->engine->sink;
    struct jump_region ignored;
    const char *reason;
    return sink->jump_region &&
           sink->jump_region(sink->data, process, site->at, site->uses == SITE_RETURN, false,
                             &ignored, &reason) == -EAGAIN;
}

/* Decodes functions and writes stubs, which takes time, before the threads are stopped: what cannot
   be made now is made then. Meanwhile the rings must not become full. false: all files are being
   read. */
static bool make_stubs(struct address_space *space)
{
    const struct jumps *jumps = space->jumps;
    struct process *process = process_reported(space);
    uint64_t now_ns = clock_now_ns(), until_ns = now_ns + MAKE_NS, drained_ns = now_ns;
    bool any = jumps->hot.count == 0 || !process;
    for (size_t i = 0; process && i < jumps->hot.count && now_ns < until_ns; i++) {
        struct site *site = jumps->hot.items[i];
        int r = is_to_get_jump(site) ? jump_make(process, site, false) : 0;
        any = any || r != -EAGAIN || !is_file_being_read(process, site);
        now_ns = clock_now_ns();
        if (now_ns - drained_ns < DRAIN_NS)
            continue;
        drain_all(space->engine);
        drained_ns = clock_now_ns();
    }
    return any;
}

/* The earliest time at which the space's threads may be stopped. */
static uint64_t next_stop(const struct address_space *space)
{
    const struct pacing *pacing = &space->jumps->pacing;
    return space->engine->options.jump_every_ms
               ? pacing_next(pacing, count_threads(space) * THREAD_NS)
               : pacing_after_last(pacing, SHARE_TESTED);
}

static void change_jumps(struct batch *batch, bool is_prepared)
{
    struct address_space *space = batch->space;
    struct jumps *jumps = space->jumps;
    pid_t helper = space->helper;
    space->helper = batch->helper;
    lift_unused(batch);
    if (space->suspends)
        lift_for(batch, jump_why_suspended, NULL);
    if (jumps->hot.count && batch->helper) {
        address_space_read_maps(space, batch->helper, clock_now_ns());
        /* Who looks for what is not in it, as it was mapped since, need not wait. */
        space->maps_read_ns = 0;
    }
    if (is_prepared && jumps->hot.count) {
        prepare_hot(batch);
        plant_prepared(batch);
        /* The drainer needs the CPU that they share with a tracer thread. */
        if (batch->n)
            cpu_pinning_unbind_space(space->engine, space);
    }
    finish_batch(batch);
    space->helper = helper;
}

/* `lifts`: there may be jumps to lift. */
static void run_batch(struct address_space *space, bool lifts)
{
    struct batch batch;
    const struct jumps *jumps = space->jumps;
    struct jumping *jumping = space->engine->jumping;
    bool in_time = clock_now_ns() >= next_stop(space);
    bool is_prepared = in_time && jump_memory_prepare(space) == 0 && make_stubs(space);
    lifts = lifts && (space->suspends || next_unused(space, &(size_t){0}));
    /* Preparing may have stopped a thread. */
    if (!in_time || clock_now_ns() < next_stop(space)) {
        space->engine->jumps_untidy |= lifts;
    } else if (lifts || (is_prepared && jumps->hot.count)) {
        begin(&batch, space);
        if (batch.process && stopped_threads_known(space)) {
            change_jumps(&batch, is_prepared);
        } else {
            note_stop(&batch);
            space->engine->jumps_untidy |= lifts;
        }
    }
    jumping->batch_wanted |= jumps->hot.count > 0;
}

void promotion_run(struct engine *engine)
{
    struct process *process;
    const struct address_space *last = NULL;
    struct jumping *jumping = engine->jumping;
    bool lifts = engine->jumps_untidy;
    if (!jumping_is_due(engine, clock_now_ns()))
        return;
    jumping->batch_wanted = engine->jumps_untidy = false;
    for (size_t at = 0; (process = table_next(&engine->processes, &at));) {
        struct address_space *space = process->space;
        if (space && space != last && space->jumps && !process->leaving)
            run_batch(space, lifts);
        last = space;
    }
    uint64_t pause_ns = engine->options.jump_every_ms * UINT64_C(1000000);
    if (jumping->batch_wanted && pause_ns < AGAIN_NS)
        pause_ns = AGAIN_NS;
    jumping->next_batch_ns = clock_now_ns() + pause_ns;
}

void promotion_lift(struct address_space *space, struct site *site)
{
    struct batch batch;
    begin(&batch, space);
    drain_space_whole(space);
    lift(&batch, site);
    finish_batch(&batch);
}

void promotion_lift_all(struct address_space *space, promotion_why *why, const void *data)
{
    struct batch batch;
    const char *reason;
    size_t at = 0;
    if (!next_to_lift(space, &at, why, data, &reason))
        return;
    begin(&batch, space);
    drain_space_whole(space);
    lift_for(&batch, why, data);
    finish_batch(&batch);
}
