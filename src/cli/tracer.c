/* SPDX-License-Identifier: MIT */
#include "cli/tracer.h"

#include "cli/options.h"
#include "model/hit.h"
#include "model/hit_sink.h"
#include "model/probe.h"
#include "ptrace/engine.h"
#include "util/error.h"
#include "util/log.h"

unsigned tracer_wanted(const struct tracer *tracer, const struct probe *probe)
{
    const struct hit_sink *sink = &tracer->sink;
    unsigned kinds = sink->wanted ? sink->wanted(sink->data, probe) : HIT_ENTRY | HIT_EXIT;
    /* Only calls whose ends are seen count as open. */
    if (kinds && tracer->options->with & 1u << EXTRA_DEPTH)
        kinds |= HIT_EXIT;
    return tracer->options->entry_only ? kinds & HIT_ENTRY : kinds;
}

void tracer_add(struct tracer *tracer, const struct probe *const *probes, size_t n, bool selected)
{
    if (tracer->sink.add && n > 0)
        tracer->sink.add(tracer->sink.data, probes, n, selected);
}

void tracer_begin(struct tracer *tracer)
{
    if (tracer->sink.begin)
        tracer->sink.begin(tracer->sink.data);
}

bool tracer_is_named(struct tracer *tracer, const char *provider)
{
    return tracer->sink.names_module && tracer->sink.names_module(tracer->sink.data, provider);
}

void tracer_learn_names(struct tracer *tracer, const struct module_names *names)
{
    const struct hit_sink *sink = &tracer->sink;
    for (const char *const *other = names->others; sink->learn_other_name && other && *other;
         other++)
        sink->learn_other_name(sink->data, *other, names->provider, names->path);
}

void tracer_fail(struct tracer *tracer, const struct error *err)
{
    log_error("%s", err->text);
    tracer->run.failed = true;
    engine_detach(tracer->engine);
}
