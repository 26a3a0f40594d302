/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "ptrace/breakpoints/program_memory.h"
#include "ptrace/breakpoints/site.h"
#include "ptrace/capture/capture.h"
#include "ptrace/capture/unwind.h"
#include "ptrace/control/detach.h"
#include "ptrace/control/dispatch.h"
#include "ptrace/control/launch.h"
#include "ptrace/control/loop.h"
#include "ptrace/control/namespace_init.h"
#include "ptrace/control/tracee_end.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/core/tracee.h"
#include "ptrace/engine.h"
#include "ptrace/jumps/jumping.h"
#include "ptrace/jumps/jumps.h"
#include "ptrace/jumps/unseen_returns.h"
#include "ptrace/threads/cpu_pinning.h"
#include "ptrace/threads/thread_pool.h"
#include "ptrace/threads/wakeup.h"
#include "util/addr.h"
#include "util/table.h"

int engine_new(const struct engine_options *options, const struct engine_sink *sink,
               struct engine **engine)
{
    struct engine *e = calloc(1, sizeof(*e));
    if (!e)
        return -ENOMEM;
    e->options = *options;
    e->sink = *sink;
    e->handle_stop = dispatch_stop;
    e->thread_main = loop_thread_main;
    e->forget_return = jumps_forget_return;
    e->settle = jumps_settle;
    e->armed = jumps_armed;
    e->uncover = jumps_uncover;
    e->no_binding = options->no_pin;
    e->measures_stops = options->measure_every && !options->jump_after && sink->stop_measured;
    e->child_go = e->child_answer = e->shared_memory = -1;
    int r = thread_pool_init(e);
    if (r == 0)
        r = (e->capture = calloc(1, sizeof(*e->capture))) ? 0 : -ENOMEM;
    if (r == 0)
        r = capture_init(e->capture, options->string_limit);
    if (r == 0)
        r = wakeup_init(e);
    if (r == 0 && options->jump_after && !engine_jumps_obstacle())
        r = (e->jumping = jumping_new()) ? 0 : -ENOMEM;
    if (r < 0) {
        engine_free(e);
        return r;
    }
    *engine = e;
    return 0;
}

void engine_let_go(struct engine *engine)
{
    launch_forget(engine);
    detach_all(engine);
    namespace_init_forget(engine);
}

/* The kernel detaches the rest when this process ends. */
static void forget_rest(struct engine *engine)
{
    struct tracee *tracee;
    while (engine->tracees.count > 0)
        for (size_t at = 0; (tracee = table_next(&engine->tracees, &at));) {
            tracee->process->exit_status = -1;
            tracee_free(engine, tracee);
        }
}

void engine_free(struct engine *engine)
{
    if (!engine)
        return;
    engine_let_go(engine);
    forget_rest(engine);
    namespace_init_forget(engine);
    free(engine->child_name);
    for (unsigned i = 0; i < engine->n_tracer_threads; i++)
        cpu_pinning_close(engine->tracers[i]);
    jumping_free(engine, engine->jumping);
    thread_pool_free(engine);
    table_free(&engine->tracees);
    table_free(&engine->processes);
    table_free(&engine->early_children);
    if (engine->capture)
        capture_free(engine->capture);
    free(engine->capture);
    unwinders_free(engine);
    free(engine);
}

void engine_detach(struct engine *engine)
{
    engine->detach_asked = true;
}

void engine_stop(struct engine *engine)
{
    atomic_store(&engine->stop_asked, true);
    engine_wake(engine);
}

void engine_measure_stops(struct engine *engine)
{
    engine->measures_stops = engine->sink.stop_measured && !engine->jumping;
}

void engine_get_stats(const struct engine *engine, struct engine_stats *stats)
{
    *stats = engine->stats;
    stats->memory_reads += engine->capture->reads;
    stats->waits = 0;
    for (unsigned i = 0; i < engine->n_tracer_threads; i++)
        stats->waits += atomic_load_explicit(&engine->tracers[i]->waits, memory_order_relaxed);
    stats->ptrace_calls = 0;
    for (size_t kind = 0; kind < REQUEST_KINDS; kind++)
        stats->ptrace_calls += stats->requests[kind];
}

void engine_each_process(struct engine *engine, void (*visit)(void *data, struct process *process),
                         void *data)
{
    size_t n = 0;
    struct process *process;
    pid_t *all = calloc(engine->processes.count + 1, sizeof(*all));
    for (size_t at = 0; all && (process = table_next(&engine->processes, &at));)
        all[n++] = process->pid;
    /* Arming may handle a stop, and so the end of another process. */
    for (size_t i = 0; i < n; i++)
        if ((process = process_find(engine, all[i])))
            visit(data, process);
    free(all);
}

void process_forget(struct process *process, target_addr start, target_addr end)
{
    struct site *site;
    jumps_settle(process->space);
    for (size_t at = 0; (site = table_next(&process->space->sites, &at));) {
        if (!target_addr_within(site->at, start, end))
            continue;
        if (process->space->jumps)
            jumps_unmapped(process->space, site);
        site_lift(process->space, site); /* only if the breakpoint is still in memory */
        site->mapped = false;
        site->uses = site->kinds = 0;
        site_drop_watches(site, true, NULL);
    }
    /* Something else will be mapped there. */
    address_space_forget_maps(process->space);
    unwinder_forget(process->space->unwinder);
}

void process_mapped(struct process *process)
{
    unseen_returns_forget(process->space);
}

int process_read(struct process *process, target_addr at, void *buffer, size_t n)
{
    return program_memory_read(process->space, at, buffer, n);
}
