/* SPDX-License-Identifier: MIT */
#include "cli/trace_end.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

#include "cli/function_counts.h"
#include "cli/hints.h"
#include "cli/options.h"
#include "cli/summary_sink.h"
#include "cli/tracer.h"
#include "cli/unmatched_patterns.h"
#include "model/hit_sink.h"
#include "ptrace/engine.h"
#include "symbols/catalog.h"
#include "util/error.h"
#include "util/log.h"

static void look_into_image(void *data, struct image *image)
{
    unmatched_patterns_add_image(data, image);
}

int trace_end_report(struct tracer *tracer, struct error *err)
{
    struct engine_stats stats;
    char where[2 * PATH_MAX + 256] = "";
    struct hit_counts counts;
    const struct hit_sink *sink = &tracer->sink;
    engine_get_stats(tracer->engine, &stats);
    int r = sink->finish ? sink->finish(sink->data, err) : 0;
    /* Only now is it known what could not be written. */
    sink->counts(sink->data, &counts);
    sink->describe(sink->data, where, sizeof(where));
    struct unmatched_patterns unmatched = {0};
    if (r == 0)
        unmatched_patterns_take(&unmatched, tracer->options->select);
    if (unmatched.list.count > 0 && catalog_each(tracer->catalog, look_into_image, &unmatched) < 0)
        log_debug("out of memory: no similar names are looked for");
    unmatched_patterns_say(&unmatched);
    unmatched_patterns_free(&unmatched);
    hints_end(tracer, stats.calls);
    function_counts_report(tracer->screen.counts);
    if (counts.triggered)
        log_info("%" PRIu64 " event%s met the condition of a trigger", counts.triggered,
                 counts.triggered == 1 ? "" : "s");
    if (stats.frames_lost)
        log_warning("%" PRIu64 " calls have no exit event: nested too deep, or no breakpoint "
                    "can be planted where they return to",
                    stats.frames_lost);
    char written[64] = "", unwound[32] = "";
    if (options_record(tracer->options))
        snprintf(written, sizeof(written), " %" PRIu64 " event%s written,", counts.written,
                 counts.written == 1 ? "" : "s");
    if (stats.unwound)
        snprintf(unwound, sizeof(unwound), " %" PRIu64 " unwound,", stats.unwound);
    log_info("%zu function%s armed, %" PRIu64 " call%s,%s%s %" PRIu64 " lost%s",
             tracer->n_armed_most, tracer->n_armed_most == 1 ? "" : "s", stats.calls,
             stats.calls == 1 ? "" : "s", unwound, written, counts.lost + stats.dropped, where);
    return r == 0 && tracer->summary ? summary_sink_print(tracer, err) : r;
}
