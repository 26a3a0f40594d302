/* SPDX-License-Identifier: MIT */
#include "cli/hits.h"

#include <errno.h>

#include "cli/candidates.h"
#include "cli/function_counts.h"
#include "cli/indirect.h"
#include "cli/options.h"
#include "cli/target.h"
#include "cli/tracer.h"
#include "model/hit.h"
#include "ptrace/engine.h"
#include "tp/lttng/backend.h"
#include "tp/print.h"
#include "util/addr.h"
#include "util/error.h"

/* What became of the hit is the difference that it makes. */
static void emit_and_tally(struct tracer *tracer, const struct hit *hit)
{
    struct backend_counts before, after;
    tracer->backend_ops->counts(tracer->backend, &before);
    tracer->backend_ops->emit(tracer->backend, hit);
    tracer->backend_ops->counts(tracer->backend, &after);
    function_counts_hit(tracer->counts, hit, after.written - before.written,
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

void hits_take(void *data, const struct hit *hit)
{
    struct tracer *tracer = data;
    if (hit->probe->resolves) {
        take_resolved(tracer, hit);
        return;
    }
    if (tracer->backend) {
        if (tracer->counts)
            emit_and_tally(tracer, hit);
        else
            tracer->backend_ops->emit(tracer->backend, hit);
        return;
    }
    function_counts_hit(tracer->counts, hit, 1, 0);
    print_hit(tracer->print, hit);
    if (ferror(tracer->print_stream) && !tracer->failed) {
        struct error err;
        error_set(&err, -EIO, "cannot write to %s: the trace ends here",
                  tracer->options->print_file ? tracer->options->print_file : "stderr");
        tracer_fail(tracer, &err);
    }
}
