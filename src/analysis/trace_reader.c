/* SPDX-License-Identifier: MIT */
#include "analysis/trace_reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/call_pairing.h"
#include "analysis/code_modules.h"
#include "analysis/event_source.h"
#include "analysis/remarks.h"
#include "util/cleanup.h"
#include "util/load.h"
#include "util/text.h"

struct trace_reader {
    struct trace_options options;
    char *path;
    pid_t *ids; /* options.pids, then options.tids */
    const struct event_source_api *api;
    struct event_source *source;
    struct function_table *functions;
    struct code_modules *modules;
    struct call_pairing *pairing;
    struct call_counts counts;
    uint64_t begin_ns, end_ns; /* of the traces; equal: not known */
    uint64_t n_events;
    uint64_t last_ns;
    size_t n_unwound;         /* of options.unwound that were passed on */
    uint64_t clock_origin_ns; /* of the trace's clock, since the epoch */
    uint32_t host;            /* of the last event */
    bool in_range;
};

/* Ends the reading at options.end_ns. Not an errno of a callback. */
enum { RANGE_ENDS = -ETIME };

static bool has_id(const pid_t *ids, size_t n, pid_t id)
{
    for (size_t i = 0; i < n; i++)
        if (ids[i] == id)
            return true;
    return n == 0;
}

/* ---- names ---- */

static int on_layout(void *data, struct event_layout *layout, const char *module, const char *name)
{
    struct trace_reader *reader = data;
    if (!name)
        return 0;
    layout->function = function_table_intern(reader->functions, module, name, FUNCTION_BY_NAME);
    if (!layout->function)
        return -ENOMEM;
    layout->function->has_entries |= layout->kind == HIT_ENTRY;
    layout->function->has_exits |= layout->kind == HIT_EXIT;
    return 0;
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

/* The function at the address. NULL: out of memory. */
static struct traced_function *function_at(struct trace_reader *reader,
                                           const struct event_origin *origin, uint64_t address)
{
    struct traced_function *function = code_modules_known(reader->modules, origin, address);
    if (function)
        return function;
    enum { NAME_SIZE = 4096 };
    cleanup(cleanup_free) char *module = calloc(2, NAME_SIZE);
    if (!module)
        return NULL;
    char *name = module + NAME_SIZE;
    struct code_address place = {.address = address};
    const struct trace_options *options = &reader->options;
    code_modules_find(reader->modules, origin, &place);
    if (!options->name_code ||
        !options->name_code(options->data, &place, module, NAME_SIZE, name, NAME_SIZE)) {
        snprintf(module, NAME_SIZE, "%s", place.path ? last_part(place.path) : "");
        snprintf(name, NAME_SIZE, "0x%llx",
                 (unsigned long long)(place.is_pic ? address - place.base : address));
    }
    function = function_table_intern(reader->functions, module, name, FUNCTION_BY_ADDRESS);
    if (!function || code_modules_remember(reader->modules, origin, address, function) < 0)
        return NULL;
    function->has_entries = function->has_exits = true;
    return function;
}

/* ---- events ---- */

/* IDs that --with records are as good as contexts. */
static void complete_origin(const struct trace_event *event, struct event_origin *origin)
{
    const struct event_layout *layout = event->layout;
    const char *text;
    if (origin->tid == 0 && layout->extras[EXTRA_TID] >= 0)
        origin->tid = (pid_t)trace_event_value(event, (size_t)layout->extras[EXTRA_TID], &text);
    if (origin->pid == 0 && layout->extras[EXTRA_PID] >= 0)
        origin->pid = (pid_t)trace_event_value(event, (size_t)layout->extras[EXTRA_PID], &text);
}

/* Whether the time is in the range: RANGE_ENDS when it is behind. */
static int check_range(struct trace_reader *reader, uint64_t time_ns)
{
    const struct trace_options *options = &reader->options;
    reader->last_ns = time_ns;
    if (options->end_ns && time_ns >= options->end_ns)
        return RANGE_ENDS;
    if (reader->in_range || time_ns < options->begin_ns)
        return 0;
    reader->in_range = true;
    return call_pairing_begin_range(reader->pairing);
}

/* Passes on the calls that were seen to be left until then. */
static int pass_unwound(struct trace_reader *reader, uint64_t clock_ns)
{
    const struct unwound_calls *unwound = reader->options.unwound;
    int rc = 0;
    while (rc == 0 && unwound && reader->n_unwound < unwound->count &&
           unwound->items[reader->n_unwound].clock_ns <= clock_ns) {
        const struct unwound_call *call = &unwound->items[reader->n_unwound];
        uint64_t time_ns = call->clock_ns + reader->clock_origin_ns;
        rc = check_range(reader, time_ns);
        if (rc < 0)
            return rc;
        reader->n_unwound++;
        rc = call_pairing_unwound(reader->pairing, reader->host, call, time_ns);
    }
    return rc;
}

static int on_event(void *data, struct trace_event *event, const struct event_origin *where,
                    uint64_t address)
{
    struct trace_reader *reader = data;
    const struct trace_options *options = &reader->options;
    struct event_origin origin = *where;
    int rc = 0;
    if (event->clock_ns) {
        reader->clock_origin_ns = event->time_ns - event->clock_ns;
        reader->host = origin.host;
        rc = pass_unwound(reader, event->clock_ns);
    }
    if (rc == 0)
        rc = check_range(reader, event->time_ns);
    if (rc < 0)
        return rc;
    reader->n_events++;
    complete_origin(event, &origin);
    if ((options->n_pids && !has_id(options->pids, options->n_pids, origin.pid)) ||
        (options->n_tids && !has_id(options->tids, options->n_tids, origin.tid)))
        return 0;
    event->function = event->layout->function;
    if (!event->function && address) {
        event->function = function_at(reader, &origin, address);
        if (!event->function)
            return -ENOMEM;
    }
    if (event->layout->kind == HIT_EXIT && event->function)
        event->function->exits += reader->in_range;
    else if (event->layout->kind == HIT_ENTRY && !event->function)
        return 0;
    return call_pairing_event(reader->pairing, event, &origin);
}

static int on_module(void *data, const struct module_event *event,
                     const struct event_origin *origin)
{
    struct trace_reader *reader = data;
    bool is_new_program;
    int rc = code_modules_change(reader->modules, event, origin, &is_new_program);
    return rc == 0 && is_new_program && origin->pid
               ? call_pairing_replaced(reader->pairing, origin, reader->last_ns)
               : rc;
}

static int on_gap(void *data, const struct trace_gap *gap, uint32_t trace)
{
    struct trace_reader *reader = data;
    if (gap->is_pause && reader->options.started_once && *reader->options.started_once)
        return 0;
    int rc = check_range(reader, gap->begin_ns);
    return rc < 0 ? rc : call_pairing_gap(reader->pairing, gap, trace);
}

static int on_pause(void *data, uint64_t now_ns)
{
    const struct trace_reader *reader = data;
    const struct trace_options *options = &reader->options;
    double fraction = -1;
    uint64_t end_ns = reader->end_ns;
    if (options->end_ns && options->end_ns < end_ns)
        end_ns = options->end_ns;
    if (end_ns > reader->begin_ns && now_ns >= reader->begin_ns)
        fraction = (double)(now_ns - reader->begin_ns) / (double)(end_ns - reader->begin_ns);
    if (!options->progress ||
        options->progress(options->data, fraction > 1 ? 1 : fraction, reader->n_events))
        return 0;
    return -ECANCELED;
}

/* ---- from outside ---- */

static int copy_options(struct trace_reader *reader, const struct trace_options *options)
{
    size_t n = options->n_pids + options->n_tids;
    reader->options = *options;
    reader->options.path = reader->path = strdup(options->path);
    reader->ids = calloc(n + 1, sizeof(*reader->ids));
    if (!reader->path || !reader->ids)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        reader->ids[i] =
            i < options->n_pids ? options->pids[i] : options->tids[i - options->n_pids];
    reader->options.pids = reader->ids;
    reader->options.tids = reader->ids + options->n_pids;
    return 0;
}

int trace_reader_open(const struct trace_options *options, struct trace_reader **result,
                      struct error *err)
{
    struct trace_reader *reader = calloc(1, sizeof(*reader));
    if (!reader)
        return error_set(err, -ENOMEM, "out of memory");
    reader->functions = function_table_new(options->selects, options->data);
    reader->modules = code_modules_new();
    int rc = copy_options(reader, options);
    if (rc < 0 || !reader->functions || !reader->modules)
        rc = error_set(err, -ENOMEM, "out of memory");
    if (rc == 0) {
        reader->api = load_symbol("ptrace_tracer_reader", "event_source_api",
                                  "libbabeltrace2 (Debian: libbabeltrace2-0)", err);
        rc = reader->api ? reader->api->open(reader->path, &reader->source, err) : -ELIBACC;
    }
    if (rc < 0) {
        trace_reader_free(reader);
        return rc;
    }
    *result = reader;
    return 0;
}

void trace_reader_set_range(struct trace_reader *reader, uint64_t begin_ns, uint64_t end_ns)
{
    reader->options.begin_ns = begin_ns;
    reader->options.end_ns = end_ns;
}

int trace_reader_run(struct trace_reader *reader, const struct call_visitor *visitor,
                     struct error *err)
{
    struct event_consumer consumer = {.data = reader,
                                      .layout = on_layout,
                                      .event = on_event,
                                      .module = on_module,
                                      .gap = on_gap,
                                      .pause = on_pause};
    reader->pairing = call_pairing_new(visitor, &reader->counts, reader->options.switching);
    if (!reader->pairing)
        return error_set(err, -ENOMEM, "out of memory");
    if (reader->options.with_fraction)
        trace_reader_range(reader, &reader->begin_ns, &reader->end_ns);
    int rc = reader->api->run(reader->source, &consumer, err);
    reader->counts.other_events = consumer.other_events;
    if (rc == 0)
        rc = pass_unwound(reader, UINT64_MAX);
    if (rc == RANGE_ENDS)
        rc = 0;
    if (rc == -ENOMEM)
        error_set(err, rc, "out of memory");
    /* What was read before an error of the trace is as good as the rest. */
    if (rc == 0 || !consumer.stopped || rc == -ECANCELED) {
        int finished = call_pairing_finish(reader->pairing, reader->last_ns);
        rc = rc < 0 ? rc : finished;
    }
    return rc;
}

const struct function_table *trace_reader_functions(const struct trace_reader *reader)
{
    return reader->functions;
}

const struct call_counts *trace_reader_counts(const struct trace_reader *reader)
{
    return &reader->counts;
}

bool trace_reader_remark(const struct trace_reader *reader, size_t *position, char *line,
                         size_t size)
{
    return remarks_next(&reader->counts, position, line, size);
}

bool trace_reader_range(const struct trace_reader *reader, uint64_t *begin_ns, uint64_t *end_ns)
{
    return reader->api->range(reader->source, begin_ns, end_ns);
}

void trace_reader_free(struct trace_reader *reader)
{
    if (!reader)
        return;
    call_pairing_free(reader->pairing);
    if (reader->source)
        reader->api->free(reader->source);
    code_modules_free(reader->modules);
    function_table_free(reader->functions);
    free(reader->ids);
    free(reader->path);
    free(reader);
}
