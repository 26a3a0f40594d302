/* SPDX-License-Identifier: MIT */
#include "cli/hits.h"

#include "cli/candidates.h"
#include "cli/function_counts.h"
#include "cli/indirect.h"
#include "cli/stop_share.h"
#include "cli/target.h"
#include "cli/tracer.h"
#include "cli/tracing_costs.h"
#include "model/hit.h"
#include "model/hit_sink.h"
#include "ptrace/engine.h"
#include "tp/summary.h"
#include "util/addr.h"

/* The difference of the counts tells how the hit was recorded. */
static void record_and_count(struct tracer *tracer, const struct hit *hit)
{
    const struct hit_sink *sink = &tracer->sink;
    struct hit_counts before, after;
    sink->counts(sink->data, &before);
    sink->hit(sink->data, hit);
    sink->counts(sink->data, &after);
    function_counts_hit(tracer->screen.counts, hit, after.written - before.written,
                        after.lost - before.lost);
}

static void take_result(void *data, struct process *process)
{
    const struct hit *hit = data;
    struct target *target = process_data(process);
    if (!target || process_pid(process) != hit->pid)
        return;
    struct target_module *tm =
        indirect_add(target, hit->probe->resolves, target_addr_of(hit->values[0]));
    if (tm)
        candidates_apply(target, tm);
}

/* A resolver has returned. */
static void take_resolved(struct tracer *tracer, const struct hit *hit)
{
    engine_each_process(tracer->engine, take_result, (void *)hit);
}

void hits_dropped(void *data, const struct probe *probe, uint64_t calls, uint64_t hits)
{
    const struct tracer *tracer = data;
    function_counts_dropped(tracer->screen.counts, probe, calls, hits);
    if (tracer->sink.dropped)
        tracer->sink.dropped(tracer->sink.data, hits);
    if (tracer->summary)
        summary_dropped(tracer->summary, probe, calls);
}

void hits_measured(void *data, pid_t tid, uint64_t ns, uint64_t cpu_ns, bool at_return)
{
    const struct tracer *tracer = data;
    if (tracer->summary)
        summary_measured(tracer->summary, tid, ns);
    tracing_costs_stop(tracer->costs, ns, cpu_ns, at_return);
}

void hits_unwound(void *data, const struct hit *hit)
{
    const struct tracer *tracer = data;
    if (tracer->sink.unwound)
        tracer->sink.unwound(tracer->sink.data, hit);
}

void hits_take(void *data, const struct hit *hit)
{
    struct tracer *tracer = data;
    if (hit->probe->resolves) {
        take_resolved(tracer, hit);
        return;
    }
    if (tracer->summary)
        summary_hit(tracer->summary, hit);
    if (tracer->screen.counts)
        record_and_count(tracer, hit);
    else
        tracer->sink.hit(tracer->sink.data, hit);
    if (tracer->costs)
        tracing_costs_hit(tracer->costs, hit);
    stop_share_hit(tracer->screen.share, tracer, hit);
}
