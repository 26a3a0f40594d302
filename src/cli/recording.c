/* SPDX-License-Identifier: MIT */
#include "cli/recording.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "cli/in_process_traces.h"
#include "cli/lttng_sink.h"
#include "cli/options.h"
#include "cli/timed_call.h"
#include "cli/tracer.h"
#include "model/probe.h"
#include "tp/session/session.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/log.h"
#include "util/table.h"
#include "util/text.h"

enum {
    HELD_MS = 3000,
    STOPPING_MS = 300, /* after a signal to end */
    /* Of more functions, the events are better added later: see struct backend_ops. */
    ADDED_FIRST_MAX = 2500,
};

/* The full event names of n probes: "mylib:my_traced_function_entry". The caller frees the array of
 *count strings and the strings. NULL: out of memory. */
static char **event_names(const struct lttng_sink *sink, const struct probe *const *probes,
                          size_t n, size_t *count)
{
    char **names = calloc(2 * n + 1, sizeof(*names));
    *count = 0;
    for (size_t i = 0; names && i < n; i++) {
        names[*count] = text_format("%s:%s", probes[i]->provider, probes[i]->entry_event);
        *count += names[*count] != NULL;
        if (sink->tracer->options->entry_only)
            continue;
        names[*count] = text_format("%s:%s", probes[i]->provider, probes[i]->exit_event);
        *count += names[*count] != NULL;
    }
    return names;
}

static void free_names(char **names, size_t count)
{
    for (size_t i = 0; names && i < count; i++)
        free(names[i]);
    free(names);
}

/* A message to the session. */
struct session_message {
    struct lttng_sink *sink;
    char **names;
    size_t n, n_selected;
    bool begins;
};

static void message_free(void *data)
{
    struct session_message *message = data;
    free_names(message->names, message->n);
    free(message);
}

static int send_message(void *data, struct error *err)
{
    struct session_message *message = data;
    struct lttng_sink *sink = message->sink;
    const char *const *names = (const char *const *)message->names;
    const struct session_names named = {names, message->n, message->n_selected};
    return message->begins ? sink->session_ops->begin(sink->session, &named, err)
                           : sink->session_ops->extend(sink->session, names, message->n, err);
}

/* The program is stopped during the call: give up soon after the daemon should have answered. */
static bool is_held_too_long(void *data, int64_t waited_ms, struct error *err)
{
    const struct lttng_sink *sink = data;
    (void)waited_ms;
    int64_t waiting_ms = sink->session_ops->waiting_ms(sink->session);
    if (!timed_calls_are_pending(&sink->tracer->calls) &&
        waiting_ms < (atomic_load(&sink->tracer->run.stop_asked) ? STOPPING_MS : HELD_MS))
        return false;
    error_set(err, -EINPROGRESS, "LTTng's session daemon does not answer");
    return true;
}

/* Takes ownership of the names. */
static int tell_session(struct lttng_sink *sink, char **names, size_t n, size_t n_selected,
                        bool begins, struct error *err)
{
    struct session_message *message = calloc(1, sizeof(*message));
    if (!message) {
        free_names(names, n);
        return error_set(err, -ENOMEM, "out of memory");
    }
    *message = (struct session_message){sink, names, n, n_selected, begins};
    const struct timed_call call = {send_message, message, message_free, is_held_too_long, sink};
    return timed_call_run(&sink->tracer->calls, &call, err);
}

/* The selected probes come first. */
static int begin_session(struct lttng_sink *sink, const struct probe *const *probes, size_t n,
                         size_t n_selected, struct error *err)
{
    size_t count;
    char **names = event_names(sink, probes, n, &count);
    size_t a_probe = sink->tracer->options->entry_only ? 1 : 2;
    if (!names || count != n * a_probe) {
        free_names(names, count);
        return error_set(err, -ENOMEM, "out of memory");
    }
    int r = tell_session(sink, names, count, n_selected * a_probe, true, err);
    if (r == -EINPROGRESS)
        error_set(err, r, "LTTng's session daemon does not answer: nothing is traced");
    return r;
}

static int extend_session(struct lttng_sink *sink, const struct probe *const *probes, size_t n,
                          struct error *err)
{
    size_t count;
    char **names = event_names(sink, probes, n, &count);
    if (!names)
        return error_set(err, -ENOMEM, "out of memory");
    int r = tell_session(sink, names, count, count, false, err);
    if (r != -EINPROGRESS)
        return r;
    if (!sink->pending_told)
        log_warning("LTTng's session daemon does not answer: what is loaded from now on is "
                    "recorded when it does");
    sink->pending_told = true;
    return 0;
}

void recording_add(void *data, const struct probe *const *probes, size_t n, bool selected)
{
    struct lttng_sink *sink = data;
    struct error err;
    struct table *known = selected ? &sink->selected : &sink->only_named;
    cleanup(cleanup_free) const struct probe **fresh = calloc(n, sizeof(*fresh));
    size_t count = 0;
    for (size_t i = 0; fresh && i < n; i++) {
        uint64_t key = (uint64_t)(uintptr_t)probes[i];
        if (table_get(&sink->selected, key) || table_get(&sink->only_named, key))
            continue;
        if (table_put(known, key, (void *)probes[i]) == 0)
            fresh[count++] = probes[i];
    }
    /* The session first: see struct backend_ops. Before the start, recording_begin() does it. */
    if (count == 0 || !sink->begun)
        return;
    if ((selected && extend_session(sink, fresh, count, &err) < 0) ||
        sink->backend_ops->add(sink->backend, fresh, count, &err) < 0)
        log_warning("%s", err.text);
}

void recording_begin(void *data)
{
    struct lttng_sink *sink = data;
    struct error err;
    if (sink->begun || sink->tracer->run.failed)
        return;
    size_t n = 0, n_selected = 0;
    cleanup(cleanup_free) const struct probe **probes =
        calloc(sink->selected.count + sink->only_named.count + 1, sizeof(*probes));
    const struct probe *probe;
    for (size_t at = 0; probes && (probe = table_next(&sink->selected, &at));)
        probes[n++] = probe;
    n_selected = n;
    for (size_t at = 0; probes && (probe = table_next(&sink->only_named, &at));)
        probes[n++] = probe;
    if (!probes) {
        error_set(&err, -ENOMEM, "out of memory");
        tracer_fail(sink->tracer, &err);
        return;
    }
    /* What records our events before our session is started is told apart from that. */
    bool first = sink->traces && n <= ADDED_FIRST_MAX;
    int r = first ? sink->backend_ops->add(sink->backend, probes, n, &err) : 0;
    if (r == 0 && first)
        in_process_traces_await_matches(sink->traces, sink->backend_ops->generation(sink->backend));
    if (r == 0)
        r = begin_session(sink, probes, n, n_selected, &err);
    if (r == 0 && !first)
        r = sink->backend_ops->add(sink->backend, probes, n, &err);
    if (r < 0) {
        tracer_fail(sink->tracer, &err);
        return;
    }
    sink->begun = true;
}
