/* SPDX-License-Identifier: MIT */
/* The sink of the graph: messages to events. */
#include "analysis/event_source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/babeltrace/bt_error.h"
#include "analysis/babeltrace/layouts.h"
#include "analysis/babeltrace/read_graph.h"
#include "analysis/packet_cover.h"
#include "util/table.h"
#include "util/text.h"
#include "util/vec.h"

/* After so many messages the consumer may pause. */
enum { MESSAGES_BETWEEN_PAUSES = 1 << 14 };

/* A trace of which messages have come. */
struct known_trace {
    const bt_trace *trace; /* a reference */
    uint32_t index, host;
    bool is_kernel;
    bool is_lttng; /* it has packets as LTTng makes them */
    struct packet_cover cover;
    bool is_ours;        /* a stream without events tells when its session was stopped */
    uint64_t stopped_ns; /* the last packet of that began */
};

struct event_source {
    struct read_graph *graph;
    struct layouts *layouts;
    VEC(struct known_trace *) traces;
    struct table by_trace; /* bt_trace -> struct known_trace */
    VEC(char *) hosts;
    struct event_consumer *consumer;
    char *path;
    uint64_t now_ns;
    unsigned n_messages; /* since the last pause */
    uint64_t n_events, events_max;
    int rc; /* of a callback */
    bool no_functions;
    /* Of the last event. */
    const bt_event_class *last_class;
    const struct class_layout *last_layout;
    const bt_stream *last_stream;
    struct known_trace *last_trace;
};

/* ---- traces ---- */

static int host_index(struct event_source *source, const char *name, uint32_t *index)
{
    for (size_t i = 0; i < source->hosts.count; i++)
        if (strcmp(source->hosts.items[i], name) == 0) {
            *index = (uint32_t)i;
            return 0;
        }
    char *copy = strdup(name), **slot = copy ? vec_push(&source->hosts) : NULL;
    if (!slot) {
        free(copy);
        return -ENOMEM;
    }
    *slot = copy;
    *index = (uint32_t)(source->hosts.count - 1);
    return 0;
}

static const char *environment_text(const bt_trace *trace, const char *name)
{
    const bt_value *value = bt_trace_borrow_environment_entry_value_by_name_const(trace, name);
    return value && bt_value_is_string(value) ? bt_value_string_get(value) : "";
}

static struct known_trace *find_trace(const struct event_source *source, const bt_trace *trace)
{
    return table_get(&source->by_trace, (uint64_t)(uintptr_t)trace);
}

static int add_trace(struct event_source *source, const bt_trace *trace)
{
    if (!find_trace(source, trace)) {
        struct known_trace *known = calloc(1, sizeof(*known));
        struct known_trace **slot = known ? vec_push(&source->traces) : NULL;
        if (!slot) {
            free(known);
            return -ENOMEM;
        }
        *slot = known;
        known->trace = trace;
        bt_trace_get_ref(trace);
        known->index = (uint32_t)(source->traces.count - 1);
        known->is_kernel = strcmp(environment_text(trace, "domain"), "kernel") == 0;
        const char *tracer = environment_text(trace, "tracer_name");
        known->is_lttng = strncmp(tracer, "lttng-", 6) == 0;
        known->is_ours = strcmp(tracer, "ptrace_tracer") == 0;
        int rc = host_index(source, environment_text(trace, "hostname"), &known->host);
        if (rc == 0)
            rc = table_put(&source->by_trace, (uint64_t)(uintptr_t)trace, known);
        if (rc < 0)
            return rc;
    }
    return layouts_add_trace(source->layouts, trace, source->consumer);
}

static struct known_trace *trace_of(struct event_source *source, const bt_stream *stream)
{
    if (stream != source->last_stream) {
        source->last_stream = stream;
        source->last_trace = find_trace(source, bt_stream_borrow_trace_const(stream));
    }
    return source->last_trace;
}

/* ---- messages ---- */

/* The time of a snapshot; that of the last message if it is not known. */
static uint64_t snapshot_ns(const struct event_source *source, const bt_clock_snapshot *snapshot)
{
    int64_t ns;
    if (!snapshot ||
        bt_clock_snapshot_get_ns_from_origin(snapshot, &ns) !=
            BT_CLOCK_SNAPSHOT_GET_NS_FROM_ORIGIN_STATUS_OK ||
        ns < 0)
        return source->now_ns;
    return (uint64_t)ns;
}

/* The time by the trace's own clock, if that counts nanoseconds; else 0. */
static uint64_t trace_clock_ns(const bt_clock_snapshot *snapshot)
{
    const bt_clock_class *clock =
        snapshot ? bt_clock_snapshot_borrow_clock_class_const(snapshot) : NULL;
    return clock && bt_clock_class_get_frequency(clock) == 1000000000
               ? bt_clock_snapshot_get_value(snapshot)
               : 0;
}

static int take_module_event(struct event_source *source, const struct class_layout *layout,
                             const bt_event *event, const struct event_origin *origin)
{
    const bt_field *payload = bt_event_borrow_payload_field_const(event);
    struct module_event module = {
        .kind = layout->kind == CLASS_MAPPED        ? MODULE_MAPPED
                : layout->kind == CLASS_UNMAPPED    ? MODULE_UNMAPPED
                : layout->kind == CLASS_LIST_BEGINS ? MODULE_LIST_BEGINS
                                                    : MODULE_LIST_ENDS,
        .base = member_value(payload, &layout->base),
        .size = member_value(payload, &layout->size),
        .path = member_text(payload, &layout->path),
        /* Libraries always are. */
        .is_pic = layout->is_pic.index < 0 || member_value(payload, &layout->is_pic),
    };
    struct event_consumer *consumer = source->consumer;
    return consumer->module(consumer->data, &module, origin);
}

static const struct class_layout *layout_of_event(struct event_source *source,
                                                  const bt_event *event)
{
    const bt_event_class *event_class = bt_event_borrow_class_const(event);
    if (event_class != source->last_class) {
        const struct class_layout *layout = layouts_find(source->layouts, event_class);
        /* A live session has new classes at any time. */
        if (!layout) {
            const bt_stream *stream = bt_event_borrow_stream_const(event);
            source->rc = add_trace(source, bt_stream_borrow_trace_const(stream));
            layout = layouts_find(source->layouts, event_class);
        }
        source->last_class = event_class;
        source->last_layout = layout;
    }
    return source->last_layout;
}

/* Whether it is the stream of a trace of our own that has no events (tp/ctf/ctf_stops.h). */
static bool is_of_stops(const struct known_trace *trace, const bt_stream_class *stream_class)
{
    return trace->is_ours && bt_stream_class_get_event_class_count(stream_class) == 0;
}

static void take_packet_beginning(struct event_source *source, const bt_message *message)
{
    const bt_stream *stream =
        bt_packet_borrow_stream_const(bt_message_packet_beginning_borrow_packet_const(message));
    const bt_stream_class *stream_class = bt_stream_borrow_class_const(stream);
    struct known_trace *trace = trace_of(source, stream);
    if (!trace || !bt_stream_class_packets_have_beginning_default_clock_snapshot(stream_class))
        return;
    uint64_t begin_ns = snapshot_ns(
        source, bt_message_packet_beginning_borrow_default_clock_snapshot_const(message));
    if (trace->is_lttng)
        packet_cover_begin(&trace->cover, begin_ns);
    else if (is_of_stops(trace, stream_class))
        trace->stopped_ns = begin_ns;
}

static int take_packet_end(struct event_source *source, const bt_message *message)
{
    const bt_stream *stream =
        bt_packet_borrow_stream_const(bt_message_packet_end_borrow_packet_const(message));
    const bt_stream_class *stream_class = bt_stream_borrow_class_const(stream);
    struct known_trace *trace = trace_of(source, stream);
    if (!trace || !bt_stream_class_packets_have_end_default_clock_snapshot(stream_class))
        return 0;
    uint64_t end_ns =
        snapshot_ns(source, bt_message_packet_end_borrow_default_clock_snapshot_const(message));
    if (trace->is_lttng)
        packet_cover_end(&trace->cover, stream, end_ns);
    /* A stream that has lost all of its records has no events either, in packets of no time. */
    if (!is_of_stops(trace, stream_class) || end_ns <= trace->stopped_ns)
        return 0;
    struct trace_gap gap = {.begin_ns = trace->stopped_ns, .end_ns = end_ns, .is_pause = true};
    return source->consumer->gap(source->consumer->data, &gap, trace->index);
}

/* The session may have been stopped before this event. */
static int take_pause(struct event_source *source, struct known_trace *trace)
{
    struct trace_gap gap = {.end_ns = source->now_ns, .is_pause = true};
    return packet_cover_event(&trace->cover, &gap.begin_ns)
               ? source->consumer->gap(source->consumer->data, &gap, trace->index)
               : 0;
}

static int take_event(struct event_source *source, const bt_message *message)
{
    if (++source->n_events > source->events_max)
        return -EOVERFLOW;
    const bt_event *event = bt_message_event_borrow_event_const(message);
    const struct class_layout *layout = layout_of_event(source, event);
    struct event_consumer *consumer = source->consumer;
    if (!layout || layout->kind == CLASS_OTHER) {
        consumer->other_events++;
        return source->rc;
    }
    const bt_stream *stream = bt_event_borrow_stream_const(event);
    struct known_trace *trace = trace_of(source, stream);
    if (!trace)
        return -EIO;
    const bt_field *context = bt_event_borrow_common_context_field_const(event);
    struct event_origin origin = {
        .trace = trace->index,
        .host = trace->host,
        .pid = (pid_t)member_value(context, &layout->pid),
        .tid = (pid_t)member_value(context, &layout->tid),
        .thread_name = member_text(context, &layout->thread_name),
    };
    const bt_clock_snapshot *snapshot =
        bt_message_event_borrow_default_clock_snapshot_const(message);
    source->now_ns = snapshot_ns(source, snapshot);
    int rc = take_pause(source, trace);
    if (rc < 0)
        return rc;
    if (layout->kind != CLASS_FUNCTION && layout->kind != CLASS_ADDRESS) {
        consumer->other_events++;
        return take_module_event(source, layout, event, &origin);
    }
    struct trace_event taken = {
        .layout = &layout->layout,
        .time_ns = source->now_ns,
        .clock_ns = trace_clock_ns(snapshot),
        .source = event,
    };
    uint64_t address =
        layout->kind == CLASS_ADDRESS
            ? member_value(bt_event_borrow_payload_field_const(event), &layout->address)
            : 0;
    return consumer->event(consumer->data, &taken, &origin, address);
}

static int take_lost_events(struct event_source *source, const bt_message *message)
{
    const bt_stream *stream = bt_message_discarded_events_borrow_stream_const(message);
    const struct known_trace *trace = trace_of(source, stream);
    struct trace_gap gap = {.begin_ns = source->now_ns, .end_ns = source->now_ns};
    if (bt_stream_class_discarded_events_have_default_clock_snapshots(
            bt_stream_borrow_class_const(stream))) {
        gap.begin_ns = snapshot_ns(
            source,
            bt_message_discarded_events_borrow_beginning_default_clock_snapshot_const(message));
        gap.end_ns = snapshot_ns(
            source, bt_message_discarded_events_borrow_end_default_clock_snapshot_const(message));
    }
    if (bt_message_discarded_events_get_count(message, &gap.n_events) !=
        BT_PROPERTY_AVAILABILITY_AVAILABLE)
        gap.n_events = 0;
    return trace ? source->consumer->gap(source->consumer->data, &gap, trace->index) : 0;
}

static int take_lost_packets(struct event_source *source, const bt_message *message)
{
    const bt_stream *stream = bt_message_discarded_packets_borrow_stream_const(message);
    const struct known_trace *trace = trace_of(source, stream);
    struct trace_gap gap = {.begin_ns = source->now_ns, .end_ns = source->now_ns};
    if (bt_stream_class_discarded_packets_have_default_clock_snapshots(
            bt_stream_borrow_class_const(stream))) {
        gap.begin_ns = snapshot_ns(
            source,
            bt_message_discarded_packets_borrow_beginning_default_clock_snapshot_const(message));
        gap.end_ns = snapshot_ns(
            source, bt_message_discarded_packets_borrow_end_default_clock_snapshot_const(message));
    }
    if (bt_message_discarded_packets_get_count(message, &gap.n_packets) !=
        BT_PROPERTY_AVAILABILITY_AVAILABLE)
        gap.n_packets = 0;
    return trace ? source->consumer->gap(source->consumer->data, &gap, trace->index) : 0;
}

/* All streams of files begin before anything else comes: by then it is known whether there are
   functions at all. */
static bool lacks_functions(const struct event_source *source)
{
    return !read_graph_is_live(source->graph) && !layouts_have_functions(source->layouts);
}

static int take_message(struct event_source *source, const bt_message *message)
{
    switch (bt_message_get_type(message)) {
    case BT_MESSAGE_TYPE_STREAM_BEGINNING:
        source->last_stream = NULL;
        return add_trace(source, bt_stream_borrow_trace_const(
                                     bt_message_stream_beginning_borrow_stream_const(message)));
    case BT_MESSAGE_TYPE_EVENT:
        return take_event(source, message);
    case BT_MESSAGE_TYPE_DISCARDED_EVENTS:
        return take_lost_events(source, message);
    case BT_MESSAGE_TYPE_DISCARDED_PACKETS:
        return take_lost_packets(source, message);
    case BT_MESSAGE_TYPE_PACKET_BEGINNING:
        source->no_functions = lacks_functions(source);
        take_packet_beginning(source, message);
        return source->no_functions ? -ENODATA : 0;
    case BT_MESSAGE_TYPE_PACKET_END:
        return take_packet_end(source, message);
    default:
        return 0;
    }
}

static bt_graph_simple_sink_component_consume_func_status consume(bt_message_iterator *iterator,
                                                                  void *data)
{
    struct event_source *source = data;
    struct event_consumer *consumer = source->consumer;
    bt_message_array_const messages;
    uint64_t n = 0;
    bt_message_iterator_next_status status = bt_message_iterator_next(iterator, &messages, &n);
    if (status != BT_MESSAGE_ITERATOR_NEXT_STATUS_OK)
        return (bt_graph_simple_sink_component_consume_func_status)status;
    source->n_messages += (unsigned)n;
    if (source->n_messages >= MESSAGES_BETWEEN_PAUSES) {
        source->n_messages = 0;
        source->rc = consumer->pause(consumer->data, source->now_ns);
    }
    for (uint64_t i = 0; i < n; i++) {
        if (source->rc == 0)
            source->rc = take_message(source, messages[i]);
        bt_message_put_ref(messages[i]);
    }
    consumer->stopped = source->rc < 0;
    return source->rc < 0 ? BT_GRAPH_SIMPLE_SINK_COMPONENT_CONSUME_FUNC_STATUS_END
                          : BT_GRAPH_SIMPLE_SINK_COMPONENT_CONSUME_FUNC_STATUS_OK;
}

static bool wait_for_more(void *data)
{
    struct event_source *source = data;
    source->rc = source->consumer->pause(source->consumer->data, source->now_ns);
    source->consumer->stopped = source->rc < 0;
    return source->rc == 0;
}

/* ---- from outside ---- */

static void source_free(struct event_source *source)
{
    if (!source)
        return;
    read_graph_free(source->graph);
    layouts_free(source->layouts);
    for (size_t i = 0; i < source->traces.count; i++) {
        bt_trace_put_ref(source->traces.items[i]->trace);
        free(source->traces.items[i]);
    }
    vec_free(&source->traces);
    table_free(&source->by_trace);
    for (size_t i = 0; i < source->hosts.count; i++)
        free(source->hosts.items[i]);
    vec_free(&source->hosts);
    free(source->path);
    free(source);
}

static int source_open(const char *path, struct event_source **result, struct error *err)
{
    struct event_source *source = calloc(1, sizeof(*source));
    if (!source)
        return error_set(err, -ENOMEM, "out of memory");
    source->path = strdup(path);
    source->layouts = layouts_new();
    int rc = source->path && source->layouts ? read_graph_new(path, &source->graph, err)
                                             : error_set(err, -ENOMEM, "out of memory");
    if (rc < 0)
        source_free(source);
    else
        *result = source;
    return rc;
}

/* Says of what the events are that are no functions'. */
static int no_functions(const struct event_source *source, struct error *err)
{
    size_t n_kernel = 0;
    for (size_t i = 0; i < source->traces.count; i++)
        n_kernel += source->traces.items[i]->is_kernel;
    return error_set(err, -ENODATA, "there are no events of functions in %s%s", source->path,
                     n_kernel && n_kernel == source->traces.count ? ": it is a trace of the kernel"
                                                                  : "");
}

static int source_run(struct event_source *source, struct event_consumer *consumer,
                      struct error *err)
{
    source->consumer = consumer;
    source->events_max = read_graph_events_max(source->graph);
    int rc = read_graph_run(source->graph, consume, wait_for_more, source, err);
    if (source->no_functions || (rc == 0 && source->rc == 0 && lacks_functions(source)))
        return no_functions(source, err);
    if (source->rc == -EOVERFLOW)
        return error_set(err, -EIO, "cannot read %s: it is damaged: its events take no room",
                         source->path);
    return source->rc < 0 ? source->rc : rc;
}

static bool source_range(const struct event_source *source, uint64_t *begin_ns, uint64_t *end_ns)
{
    return read_graph_range(source->graph, begin_ns, end_ns);
}

__attribute__((visibility("default"))) extern const struct event_source_api event_source_api;
const struct event_source_api event_source_api = {
    .open = source_open,
    .run = source_run,
    .range = source_range,
    .free = source_free,
};
