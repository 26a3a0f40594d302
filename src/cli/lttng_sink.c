/* SPDX-License-Identifier: MIT */
#include "cli/lttng_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/trace_notes.h"
#include "cli/in_process_traces.h"
#include "cli/options.h"
#include "cli/program_name.h"
#include "cli/record_routes.h"
#include "cli/recording.h"
#include "cli/session_poller.h"
#include "cli/session_teardown.h"
#include "cli/setup_call.h"
#include "cli/sudo_user.h"
#include "cli/tracer.h"
#include "cli/tracing_costs.h"
#include "model/hit.h"
#include "model/hit_sink.h"
#include "model/probe.h"
#include "ptrace/engine.h"
#include "tp/lttng/backend.h"
#include "tp/session/session.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/log.h"
#include "util/table.h"
#include "util/vec.h"

enum { SWITCHING_MAX = 4096 };

static void lttng_sink_hit(void *data, const struct hit *hit)
{
    struct lttng_sink *sink = data;
    if (hit->out_of_order)
        thread_set_add(&sink->switching, hit->pid, hit->tid);
    sink->backend_ops->emit(sink->backend, hit);
}

static void routed_hit(void *data, const struct hit *hit)
{
    struct lttng_sink *sink = data;
    if (hit->out_of_order)
        thread_set_add(&sink->switching, hit->pid, hit->tid);
    record_routes_hit(in_process_traces_routes(sink->traces), hit);
}

/* No event tells of it. */
static void lttng_sink_unwound(void *data, const struct hit *hit)
{
    struct lttng_sink *sink = data;
    const struct probe *probe = hit->probe;
    unwound_calls_add(&sink->unwound,
                      &(struct unwound_call){
                          .pid = hit->pid,
                          .tid = hit->tid,
                          .function = unwound_calls_function(probe->provider, probe->entry_event),
                          .clock_ns = hit->time_ns,
                      });
}

static void routed_drops(void *data, uint64_t n)
{
    const struct lttng_sink *sink = data;
    record_routes_dropped(in_process_traces_routes(sink->traces), n);
}

static void routes_before_change(void *data)
{
    const struct lttng_sink *sink = data;
    record_routes_before_change(in_process_traces_routes(sink->traces));
}

static void lttng_sink_counts(void *data, struct hit_counts *counts)
{
    struct lttng_sink *sink = data;
    sink->backend_ops->counts(sink->backend, counts);
    if (sink->traces)
        in_process_traces_count(sink->traces, counts);
}

static bool lttng_sink_names_module(void *data, const char *provider)
{
    struct lttng_sink *sink = data;
    pthread_mutex_lock(&sink->lock);
    bool named = sink->session_ops->names_provider(sink->session, provider);
    bool known = false;
    for (size_t i = 0; i < sink->left_out.count && !known; i++) {
        known = strcmp(sink->left_out.items[i], provider) == 0;
        if (known && named)
            sink->left_out.items[i] = sink->left_out.items[--sink->left_out.count];
    }
    if (!named && !known) {
        const char **place = vec_push(&sink->left_out);
        if (place)
            *place = provider;
    }
    pthread_mutex_unlock(&sink->lock);
    return named;
}

static void lttng_sink_learn_other_name(void *data, const char *other, const char *provider,
                                        const char *path)
{
    struct lttng_sink *sink = data;
    pthread_mutex_lock(&sink->lock);
    other_names_add(&sink->other_names, path, other);
    pthread_mutex_unlock(&sink->lock);
    sink->session_ops->learn_other_name(sink->session, other, provider);
}

static unsigned lttng_sink_wanted(void *data, const struct probe *probe)
{
    const struct lttng_sink *sink = data;
    return sink->begun ? sink->backend_ops->wanted(sink->backend, probe) : 0;
}

static uint64_t lttng_sink_generation(void *data)
{
    struct lttng_sink *sink = data;
    uint64_t generation = sink->backend_ops->generation(sink->backend);
    if (sink->traces)
        in_process_traces_await_matches(sink->traces, generation);
    return generation;
}

static int lttng_sink_start(void *data, struct error *err)
{
    struct lttng_sink *sink = data;
    if (session_poller_start(sink, &sink->poller) < 0)
        return error_set(err, -EAGAIN, "cannot start a thread");
    return 0;
}

static void lttng_sink_stop(void *data)
{
    struct error err;
    if (session_teardown_stop_poller(data, &err) < 0)
        log_debug("the session poller is still waiting for LTTng's daemons");
}

/* Where event rules ask for functions and LTTng has enabled none, the rules are not what is wrong.
 */
static void report_nothing_enabled(const struct lttng_sink *sink)
{
    const struct tracer *tracer = sink->tracer;
    if (!sink->begun || tracer->n_candidates == 0 || tracer->n_armed_most > 0 ||
        sink->trouble.code != 0)
        return;
    const char *impediment = sink->session_ops->impediment(sink->session);
    if (impediment) {
        log_warning("LTTng has enabled none of the %zu functions: %s", tracer->n_candidates,
                    impediment);
        return;
    }
    if (!sink->session_ops->expects(sink->session))
        return;
    log_warning("LTTng has enabled none of the %zu functions: its daemon may lack memory for the "
                "buffers, see `df /dev/shm`%s",
                tracer->n_candidates,
                sink->session_ops->owner(sink->session) == SESSION_OWN
                    ? ""
                    : ", or session and channel were never on, or track other processes");
}

/* The costs of the own session's trace. false: they are not known, or what is in the trace does not
   tell whether a hit was one by a jump. */
static bool costs_of_trace(const struct lttng_sink *sink, struct call_costs *costs)
{
    const struct tracer *tracer = sink->tracer;
    if (!tracer->costs || (sink->traces && !in_process_traces_have_all(sink->traces)))
        return false;
    if (sink->traces)
        tracing_costs_of_both(tracer->costs, costs);
    else
        costs[COSTS_BY_STOP] = tracing_costs_of_records(tracer->costs);
    return true;
}

static bool has_jumps(const struct tracer *tracer)
{
    return tracer->options->in_process && !engine_jumps_obstacle();
}

/* Beside the trace of an own session: who made it, and what it cost. */
static void write_notes_of_trace(struct lttng_sink *sink)
{
    const struct tracer *tracer = sink->tracer;
    struct error err;
    struct call_costs costs[COSTS_WAYS];
    if (sink->session_ops->owner(sink->session) != SESSION_OWN)
        return;
    size_t n = 0;
    cleanup(cleanup_free) const struct probe **probes =
        calloc(sink->selected.count + 1, sizeof(*probes));
    const struct probe *probe;
    for (size_t at = 0; probes && (probe = table_next(&sink->selected, &at));)
        probes[n++] = probe;
    other_names_keep(&sink->other_names, probes, n);
    const struct trace_notes notes = {
        .version = VERSION,
        .command = tracer->options->words,
        .costs = costs_of_trace(sink, costs) ? costs : NULL,
        .has_jumps = has_jumps(tracer),
        .switching = &sink->switching,
        .unwound = &sink->unwound,
        .started_once = sink->session_ops->started_once(sink->session),
        .probes = probes,
        .n_probes = n,
        .other_names = sink->other_names.list.items,
        .n_other_names = sink->other_names.list.count,
    };
    if (trace_notes_write(sink->session_ops->path(sink->session), &notes, &err) < 0)
        log_warning("%s", err.text);
}

/* The trace of a session of the user's has no notes. */
static void tell_switching(const struct lttng_sink *sink)
{
    const struct thread_set *switching = &sink->switching;
    if (sink->session_ops->owner(sink->session) == SESSION_OWN || switching->count == 0 ||
        (sink->tracer->options->with & 1u << EXTRA_DURATION))
        return;
    log_info("%zu%s switched between stacks (coroutines): the order of events does not tell which "
             "call an exit is of; --with=duration records certain times",
             switching->count,
             switching->has_all      ? " threads and more"
             : switching->count == 1 ? " thread"
                                     : " threads");
}

/* Also no condition of a trigger was met. */
static bool has_recorded_nothing(struct lttng_sink *sink)
{
    struct engine_stats stats;
    struct hit_counts counts;
    engine_get_stats(sink->tracer->engine, &stats);
    lttng_sink_counts(sink, &counts);
    return counts.written + counts.lost + counts.triggered + stats.dropped == 0;
}

static int lttng_sink_finish(void *data, struct error *err)
{
    struct lttng_sink *sink = data;
    const struct tracer *tracer = sink->tracer;
    report_nothing_enabled(sink);
    int r = session_teardown_end(sink, err);
    /* A poller that was given up still uses the traces; their writer goes on. */
    bool finishes = sink->traces && !sink->poller;
    int r_traces = finishes ? in_process_traces_finish(sink->traces) : 0;
    /* The user decides about a session that the user has started. */
    bool is_users = sink->session_ops->owner(sink->session) == SESSION_USER_STARTED;
    if (tracer->run.abandoned && is_users)
        return 0;
    if (r == 0 && sink->trouble.code != 0 && !is_users) {
        *err = sink->trouble;
        r = err->code;
    }
    if (r < 0 && (sink->trouble.code != 0 || tracer->run.abandoned))
        err->text[0] = '\0'; /* printed already */
    if (r == 0 && sink->begun) {
        write_notes_of_trace(sink);
        tell_switching(sink);
        if (has_recorded_nothing(sink))
            sink->session_ops->remove_empty(sink->session);
    }
    if (r == 0 && r_traces < 0 && !is_users) {
        err->text[0] = '\0';
        r = r_traces;
    }
    return r;
}

/* Why there is no event; "" if it is not known. */
static const char *why_nothing(const struct tracer *tracer)
{
    struct engine_stats stats;
    engine_get_stats(tracer->engine, &stats);
    if (tracer->n_candidates == 0)
        return ": there was nothing to trace";
    if (tracer->n_armed_most == 0)
        return ": no event rule asked for a function";
    return stats.calls == 0 ? ": no armed function was called" : ": no event rule took the calls";
}

static void lttng_sink_describe(void *data, char *text, size_t size)
{
    struct lttng_sink *sink = data;
    /* What was never started has no trace, and the own session's directory is about to go. */
    bool nothing = !sink->begun && sink->session_ops->owner(sink->session) != SESSION_USER_STARTED;
    size_t n = (size_t)snprintf(text, size, nothing ? "; nothing was recorded" : "; ");
    if (nothing)
        return;
    if (!has_recorded_nothing(sink)) {
        sink->session_ops->describe(sink->session, text + n, size - n);
        return;
    }
    sink->session_ops->describe_empty(sink->session, text + n, size - n);
    n = strlen(text);
    snprintf(text + n, size - n, "%s", why_nothing(sink->tracer));
}

static int lttng_sink_free(void *data)
{
    struct lttng_sink *sink = data;
    struct error err;
    if (session_teardown_discard(sink, &err) < 0)
        return -EINPROGRESS;
    if (sink->session)
        sink->session_ops->free(sink->session);
    if (sink->backend)
        sink->backend_ops->close(sink->backend);
    in_process_traces_free(sink->traces);
    thread_set_free(&sink->switching);
    unwound_calls_free(&sink->unwound);
    table_free(&sink->selected);
    table_free(&sink->only_named);
    vec_free(&sink->left_out);
    other_names_free(&sink->other_names);
    pthread_mutex_destroy(&sink->lock);
    free(sink);
    return 0;
}

/* What liblttng-ust reads when it is loaded. Set only now: the program has been forked already. */
static void set_lttng_environment(void)
{
    /* Blocking is for a finite time only, as each channel says. */
    setenv("LTTNG_UST_ALLOW_BLOCKING", "1", 1);
    /* The base addresses that it would record are those of the tracer's own libraries. */
    setenv("LTTNG_UST_WITHOUT_BADDR_STATEDUMP", "1", 1);
}

struct choice {
    struct lttng_sink *sink;
    struct session_request request;
    char program[256];
};

static int choose_session(void *data, struct error *err)
{
    struct choice *choice = data;
    struct lttng_sink *sink = choice->sink;
    return sink->session_ops->choose(&choice->request, &sink->session, err);
}

static int choose_in_time(struct lttng_sink *sink, struct error *err)
{
    const struct options *options = sink->tracer->options;
    struct choice *choice = calloc(1, sizeof(*choice));
    if (!choice)
        return error_set(err, -ENOMEM, "out of memory");
    program_name(options, choice->program, sizeof(choice->program));
    choice->sink = sink;
    choice->request = (struct session_request){
        .name = options->session,
        .output = options->output,
        .force = options->force,
        .program = choice->program,
        .home = sudo_user_home(),
        .level = log_get_level(),
    };
    return setup_call_run(sink->tracer, choose_session, choice, free, err);
}

static int open_backend(struct lttng_sink *sink, struct error *err)
{
    struct in_process_traces *traces = sink->traces;
    const struct record_redirect *redirect =
        traces ? record_routes_redirect(in_process_traces_routes(traces)) : NULL;
    int r = sink->backend_ops->open(log_get_level(), sink->tracer->options->entry_only, redirect,
                                    &sink->backend, err);
    if (r == 0 && traces)
        in_process_traces_start(traces, sink->session_ops, sink->session, sink->backend_ops,
                                sink->backend);
    return r;
}

int lttng_sink_open(struct tracer *tracer, struct error *err)
{
    struct lttng_sink *sink = calloc(1, sizeof(*sink));
    if (!sink)
        return error_set(err, -ENOMEM, "out of memory");
    sink->tracer = tracer;
    pthread_mutex_init(&sink->lock, NULL);
    tracer->sink = (struct hit_sink){.data = sink, .free = lttng_sink_free};
    if (thread_set_reserve(&sink->switching, SWITCHING_MAX) < 0 ||
        unwound_calls_reserve(&sink->unwound, UNWOUND_CALLS_MAX) < 0)
        return error_set(err, -ENOMEM, "out of memory");
    set_lttng_environment();
    sink->session_ops = session_load(err);
    if (!sink->session_ops)
        return err->code;
    int r = choose_in_time(sink, err);
    if (r < 0)
        return r;
    /* For the notes. */
    bool is_own = sink->session_ops->owner(sink->session) == SESSION_OWN;
    if (is_own && !tracer->costs)
        tracer->costs = tracing_costs_new(has_jumps(tracer));
    sink->backend_ops = backend_load(err);
    if (!sink->backend_ops)
        return err->code;
    r = tracer->options->in_process ? in_process_traces_new(&sink->traces, err) : 0;
    if (r == 0)
        r = open_backend(sink, err);
    if (r < 0)
        return r;
    tracer->sink = (struct hit_sink){
        .data = sink,
        .hit = sink->traces ? routed_hit : lttng_sink_hit,
        .unwound = lttng_sink_unwound,
        .dropped = sink->traces ? routed_drops : NULL,
        .before_change = sink->traces ? routes_before_change : NULL,
        .counts = lttng_sink_counts,
        .add = recording_add,
        .begin = recording_begin,
        .names_module = lttng_sink_names_module,
        .learn_other_name = lttng_sink_learn_other_name,
        .wanted = lttng_sink_wanted,
        .generation = lttng_sink_generation,
        .start = lttng_sink_start,
        .stop = lttng_sink_stop,
        .finish = lttng_sink_finish,
        .describe = lttng_sink_describe,
        .free = lttng_sink_free,
    };
    return 0;
}
