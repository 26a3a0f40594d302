/* SPDX-License-Identifier: MIT */
#include "cli/tracer.h"

#include "cli/options.h"
#include "model/hit.h"
#include "model/probe.h"
#include "ptrace/engine.h"
#include "util/error.h"
#include "util/log.h"

void tracer_fail(struct tracer *tracer, const struct error *err)
{
    log_error("%s", err->text);
    tracer->failed = true;
    engine_detach(tracer->engine);
}

unsigned tracer_wanted(const struct tracer *tracer, const struct probe *probe)
{
    unsigned kinds = HIT_ENTRY | HIT_EXIT;
    if (tracer->backend)
        kinds = tracer->begun ? tracer->backend_ops->wanted(tracer->backend, probe) : 0;
    /* Only calls whose ends are seen count as open. */
    if (kinds && tracer->options->with & 1u << EXTRA_DEPTH)
        kinds |= HIT_EXIT;
    return tracer->options->entry_only ? kinds & HIT_ENTRY : kinds;
}
