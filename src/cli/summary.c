/* SPDX-License-Identifier: MIT */
#include "cli/summary.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

#include "cli/function_counts.h"
#include "cli/session_teardown.h"
#include "util/log.h"

static void warn_no_match(void *data, const char *pattern)
{
    (void)data;
    log_warning("no function matches '%s'", pattern);
}

/* Where rules ask for functions and LTTng has made nothing of them, they are not what is wrong. */
static void report_nothing_enabled(const struct tracer *tracer)
{
    if (!tracer->backend || !tracer->begun || tracer->n_candidates == 0 ||
        tracer->n_armed_most > 0 || tracer->session_trouble.code != 0)
        return;
    const char *impediment = tracer->session_ops->impediment(tracer->session);
    if (impediment) {
        log_warning("LTTng has enabled none of the %zu functions: %s", tracer->n_candidates,
                    impediment);
        return;
    }
    if (!tracer->session_ops->expects(tracer->session))
        return;
    log_warning("LTTng has enabled none of the %zu functions: its daemon may have no room for the "
                "buffers, see `df /dev/shm`%s",
                tracer->n_candidates,
                tracer->session_ops->owner(tracer->session) == SESSION_OWN
                    ? ""
                    : ", or session and channel were never on, or track other processes");
}

/* Into `text`, of `size` bytes: what is to be done to read what was recorded. */
static void describe(const struct tracer *tracer, char *text, size_t size)
{
    /* What was never started has no trace, and the own session's directory is about to go. */
    bool nothing =
        !tracer->begun && tracer->session_ops->owner(tracer->session) != SESSION_USER_STARTED;
    size_t n = (size_t)snprintf(text, size, nothing ? "; nothing was recorded" : "; ");
    if (!nothing)
        tracer->session_ops->describe(tracer->session, text + n, size - n);
}

int summary_report(struct tracer *tracer, struct error *err)
{
    struct engine_stats stats;
    char where[PATH_MAX + 256] = "";
    uint64_t written = 0, lost = 0, triggered = 0;
    int r = 0;
    engine_get_stats(tracer->engine, &stats);
    if (tracer->backend) {
        struct backend_counts counts;
        tracer->backend_ops->counts(tracer->backend, &counts);
        report_nothing_enabled(tracer);
        written = counts.written;
        lost = counts.lost;
        triggered = counts.triggered;
        r = session_teardown_end(tracer, err);
        /* Who records into a session of his own knows best what it is worth. */
        if (tracer->abandoned &&
            tracer->session_ops->owner(tracer->session) == SESSION_USER_STARTED)
            r = 0;
        else if (r == 0 && tracer->session_trouble.code != 0 &&
                 tracer->session_ops->owner(tracer->session) != SESSION_USER_STARTED) {
            *err = tracer->session_trouble;
            r = err->code;
        }
        describe(tracer, where, sizeof(where));
    } else {
        written = stats.entries + stats.exits;
        if (tracer->options->print_file)
            snprintf(where, sizeof(where), " to %s", tracer->options->print_file);
    }
    if (r == 0)
        function_filter_unmatched(tracer->options->select, warn_no_match, NULL);
    function_counts_report(tracer->counts);
    if (triggered)
        log_info("%" PRIu64 " event%s met the condition of a trigger", triggered,
                 triggered == 1 ? "" : "s");
    if (stats.frames_lost)
        log_warning("%" PRIu64 " calls have no exit event: too deep, or no breakpoint could stand "
                    "where they return to",
                    stats.frames_lost);
    log_info("%zu function%s armed, %" PRIu64 " call%s, %" PRIu64 " event%s written, %" PRIu64
             " lost%s",
             tracer->n_armed_most, tracer->n_armed_most == 1 ? "" : "s", stats.calls,
             stats.calls == 1 ? "" : "s", written, written == 1 ? "" : "s", lost, where);
    return r;
}
