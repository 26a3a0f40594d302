/* SPDX-License-Identifier: MIT */
/*
 * Perfetto's own format (ui.perfetto.dev, trace_processor): a sequence of TracePackets, with slices
 * on a track for each thread. The numbers below are those of the fields in the files of
 * github.com/google/perfetto, protos/perfetto/trace/: trace.proto, trace_packet.proto,
 * clock_snapshot.proto, interned_data/interned_data.proto, and track_event/ track_event.proto,
 * track_descriptor.proto, process_descriptor.proto, thread_descriptor.proto and
 * debug_annotation.proto. Names are interned: a packet that refers to one for the first time has
 * it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/event_value.h"
#include "analysis/export/formats.h"
#include "util/cleanup.h"
#include "util/protobuf.h"
#include "util/table.h"
#include "util/vec.h"

enum { TRACE_PACKET = 1 };
enum {
    PACKET_CLOCK_SNAPSHOT = 6,
    PACKET_TIMESTAMP = 8,
    PACKET_SEQUENCE_ID = 10,
    PACKET_TRACK_EVENT = 11,
    PACKET_INTERNED_DATA = 12,
    PACKET_SEQUENCE_FLAGS = 13,
    PACKET_TIMESTAMP_CLOCK_ID = 58,
    PACKET_TRACK_DESCRIPTOR = 60,
};
enum { INTERNED_CATEGORIES = 1, INTERNED_EVENT_NAMES = 2, INTERNED_ANNOTATION_NAMES = 3 };
enum { ENTRY_IID = 1, ENTRY_NAME = 2 };
enum {
    EVENT_CATEGORY_IIDS = 3,
    EVENT_ANNOTATIONS = 4,
    EVENT_TYPE = 9,
    EVENT_NAME_IID = 10,
    EVENT_TRACK_UUID = 11,
    EVENT_CATEGORIES = 22,
    EVENT_NAME = 23,
};
enum slice_type { SLICE_BEGIN = 1, SLICE_END = 2, SLICE_INSTANT = 3 };
enum {
    ANNOTATION_NAME_IID = 1,
    ANNOTATION_BOOL = 2,
    ANNOTATION_UINT = 3,
    ANNOTATION_INT = 4,
    ANNOTATION_DOUBLE = 5,
    ANNOTATION_STRING = 6,
    ANNOTATION_POINTER = 7,
    ANNOTATION_NAME = 10,
};
enum { TRACK_UUID = 1, TRACK_PROCESS = 3, TRACK_THREAD = 4, TRACK_PARENT_UUID = 5 };
enum { PROCESS_PID = 1, PROCESS_NAME = 6 };
enum { THREAD_PID = 1, THREAD_TID = 2, THREAD_NAME = 5 };
enum { SNAPSHOT_CLOCKS = 1, SNAPSHOT_PRIMARY_CLOCK = 2, CLOCK_ID = 1, CLOCK_TIMESTAMP = 2 };
enum { CLOCK_IS_REALTIME = 1 };
/* SEQ_INCREMENTAL_STATE_CLEARED, SEQ_NEEDS_INCREMENTAL_STATE */
enum { STATE_CLEARED = 1, STATE_NEEDED = 2 };

struct perfetto {
    struct protobuf packet, event, interned, inner, innermost;
    bool has_start;
    VEC(bool) functions;    /* by ID: whether its names were written */
    VEC(uint64_t) layouts;  /* by ID: the interned ID of the first field's name; 0: not written */
    uint64_t n_fields;      /* names of fields that were written */
    struct table processes; /* those that have a track */
};

static int perfetto_begin(struct export *export)
{
    export->state = calloc(1, sizeof(struct perfetto));
    return export->state ? 0 : -ENOMEM;
}

static void perfetto_release(struct export *export)
{
    struct perfetto *perfetto = export->state;
    protobuf_free(&perfetto->packet);
    protobuf_free(&perfetto->event);
    protobuf_free(&perfetto->interned);
    protobuf_free(&perfetto->inner);
    protobuf_free(&perfetto->innermost);
    vec_free(&perfetto->functions);
    vec_free(&perfetto->layouts);
    table_free(&perfetto->processes);
    free(perfetto);
}

static int put_packet(struct export *export)
{
    struct perfetto *perfetto = export->state;
    protobuf_add_number(&perfetto->packet, PACKET_SEQUENCE_ID, 1);
    protobuf_write(&perfetto->packet, TRACE_PACKET, export->stream);
    int rc = protobuf_failed(&perfetto->packet) ? -ENOMEM : 0;
    protobuf_clear(&perfetto->packet);
    return rc;
}

/* Says that times are those of the system's clock, since the epoch. The first packet. */
static int put_clock(struct export *export, uint64_t now_ns)
{
    struct perfetto *perfetto = export->state;
    if (perfetto->has_start)
        return 0;
    perfetto->has_start = true;
    protobuf_clear(&perfetto->inner);
    protobuf_clear(&perfetto->innermost);
    protobuf_add_number(&perfetto->innermost, CLOCK_ID, CLOCK_IS_REALTIME);
    protobuf_add_number(&perfetto->innermost, CLOCK_TIMESTAMP, now_ns);
    protobuf_add_message(&perfetto->inner, SNAPSHOT_CLOCKS, &perfetto->innermost);
    protobuf_add_number(&perfetto->inner, SNAPSHOT_PRIMARY_CLOCK, CLOCK_IS_REALTIME);
    protobuf_add_message(&perfetto->packet, PACKET_CLOCK_SNAPSHOT, &perfetto->inner);
    protobuf_add_number(&perfetto->packet, PACKET_SEQUENCE_FLAGS, STATE_CLEARED);
    return put_packet(export);
}

/* Two hosts may have the same IDs. Thread IDs have at most 22 bits (PID_MAX_LIMIT,
   linux/threads.h). */
static uint64_t perfetto_id(const struct export_thread *thread, pid_t id)
{
    return (uint64_t)thread->host << 22 | (uint64_t)id;
}

static uint64_t process_track(const struct export_thread *thread)
{
    return (perfetto_id(thread, thread->pid) + 1) << 1 | 1;
}

static uint64_t thread_track(const struct export_thread *thread)
{
    return ((uint64_t)thread->number + 1) << 1;
}

static int put_process(struct export *export, const struct export_thread *thread)
{
    struct perfetto *perfetto = export->state;
    protobuf_clear(&perfetto->inner);
    protobuf_clear(&perfetto->innermost);
    protobuf_add_number(&perfetto->innermost, PROCESS_PID, perfetto_id(thread, thread->pid));
    protobuf_add_text(&perfetto->innermost, PROCESS_NAME, thread->name);
    protobuf_add_number(&perfetto->inner, TRACK_UUID, process_track(thread));
    protobuf_add_message(&perfetto->inner, TRACK_PROCESS, &perfetto->innermost);
    protobuf_add_message(&perfetto->packet, PACKET_TRACK_DESCRIPTOR, &perfetto->inner);
    int rc = table_put(&perfetto->processes, process_track(thread), perfetto);
    return rc < 0 ? rc : put_packet(export);
}

/* The tracks of a thread and its process, once more when its name has changed. */
static int put_tracks(struct export *export, struct export_thread *thread)
{
    struct perfetto *perfetto = export->state;
    int rc = 0;
    if (thread->is_written && strcmp(thread->written_name, thread->name) == 0)
        return 0;
    thread->is_written = true;
    memcpy(thread->written_name, thread->name, sizeof(thread->name));
    if (thread->pid == thread->tid || !table_get(&perfetto->processes, process_track(thread)))
        rc = put_process(export, thread);
    protobuf_clear(&perfetto->inner);
    protobuf_clear(&perfetto->innermost);
    protobuf_add_number(&perfetto->innermost, THREAD_PID, perfetto_id(thread, thread->pid));
    protobuf_add_number(&perfetto->innermost, THREAD_TID, perfetto_id(thread, thread->tid));
    protobuf_add_text(&perfetto->innermost, THREAD_NAME, thread->name);
    protobuf_add_number(&perfetto->inner, TRACK_UUID, thread_track(thread));
    protobuf_add_number(&perfetto->inner, TRACK_PARENT_UUID, process_track(thread));
    protobuf_add_message(&perfetto->inner, TRACK_THREAD, &perfetto->innermost);
    protobuf_add_message(&perfetto->packet, PACKET_TRACK_DESCRIPTOR, &perfetto->inner);
    return rc < 0 ? rc : put_packet(export);
}

/* ---- interned names ---- */

static void intern_text(struct perfetto *perfetto, unsigned kind, uint64_t iid, const char *name)
{
    protobuf_clear(&perfetto->inner);
    protobuf_add_number(&perfetto->inner, ENTRY_IID, iid);
    protobuf_add_text(&perfetto->inner, ENTRY_NAME, name);
    protobuf_add_message(&perfetto->interned, kind, &perfetto->inner);
}

/* Adds the names of the function. Their IDs are 1 + its own. */
static int intern_function(struct perfetto *perfetto, const struct traced_function *function)
{
    while (perfetto->functions.count <= function->id)
        if (!vec_push(&perfetto->functions))
            return -ENOMEM;
    if (perfetto->functions.items[function->id])
        return 0;
    cleanup(cleanup_free) char *name = export_function_name(function);
    if (!name)
        return -ENOMEM;
    perfetto->functions.items[function->id] = true;
    intern_text(perfetto, INTERNED_CATEGORIES, function->id + UINT64_C(1),
                *function->module ? function->module : "(none)");
    intern_text(perfetto, INTERNED_EVENT_NAMES, function->id + UINT64_C(1), name);
    return 0;
}

/* Adds the names of the event's fields. *first: the ID of the first one. */
static int intern_fields(struct perfetto *perfetto, const struct event_layout *layout,
                         uint64_t *first)
{
    while (perfetto->layouts.count <= layout->id)
        if (!vec_push(&perfetto->layouts))
            return -ENOMEM;
    uint64_t *known = &perfetto->layouts.items[layout->id];
    if (*known == 0) {
        *known = perfetto->n_fields + 1;
        perfetto->n_fields += layout->n_fields;
        for (size_t i = 0; i < layout->n_fields; i++)
            intern_text(perfetto, INTERNED_ANNOTATION_NAMES, *known + i, layout->fields[i].name);
    }
    *first = *known;
    return 0;
}

/* ---- events ---- */

/* The value of a field in perfetto->inner. */
static void set_value(struct perfetto *perfetto, const struct trace_event *event, size_t i)
{
    struct protobuf *annotation = &perfetto->inner;
    const struct field *field = &event->layout->fields[i];
    struct event_value value = event_value_of(event, (int)i);
    switch (value.kind) {
    case EVENT_VALUE_ABSENT:
        break;
    case EVENT_VALUE_SIGNED:
        protobuf_add_number(annotation, ANNOTATION_INT, (uint64_t)value.number);
        break;
    case EVENT_VALUE_UNSIGNED:
        protobuf_add_number(annotation,
                            field->kind == VALUE_BOOL      ? ANNOTATION_BOOL
                            : field->kind == VALUE_POINTER ? ANNOTATION_POINTER
                            : field->kind == VALUE_WORD    ? ANNOTATION_POINTER
                                                           : ANNOTATION_UINT,
                            value.bits);
        break;
    case EVENT_VALUE_REAL:
        protobuf_add_double(annotation, ANNOTATION_DOUBLE, value.real);
        break;
    case EVENT_VALUE_TEXT:
        protobuf_add_text(annotation, ANNOTATION_STRING, value.text);
        break;
    }
}

static int add_annotations(struct perfetto *perfetto, const struct trace_event *event)
{
    uint64_t first;
    int rc = intern_fields(perfetto, event->layout, &first);
    for (size_t i = 0; rc == 0 && i < event->layout->n_fields; i++) {
        const struct field *field = &event->layout->fields[i];
        enum pointee_state state = event_pointee_state(event, field);
        if (field->place.kind == PLACE_POINTEE_STATE)
            continue;
        protobuf_clear(&perfetto->inner);
        protobuf_add_number(&perfetto->inner, ANNOTATION_NAME_IID, first + i);
        if (state == POINTEE_READ)
            set_value(perfetto, event, i);
        else
            protobuf_add_text(&perfetto->inner, ANNOTATION_STRING,
                              state == POINTEE_NULL ? "(null)" : "(bad address)");
        protobuf_add_message(&perfetto->event, EVENT_ANNOTATIONS, &perfetto->inner);
    }
    return rc;
}

static int put_event(struct export *export, enum slice_type type, uint64_t now_ns)
{
    struct perfetto *perfetto = export->state;
    protobuf_add_number(&perfetto->event, EVENT_TYPE, type);
    protobuf_add_number(&perfetto->packet, PACKET_TIMESTAMP, now_ns);
    protobuf_add_number(&perfetto->packet, PACKET_TIMESTAMP_CLOCK_ID, CLOCK_IS_REALTIME);
    protobuf_add_number(&perfetto->packet, PACKET_SEQUENCE_FLAGS, STATE_NEEDED);
    if (perfetto->interned.bytes.count)
        protobuf_add_message(&perfetto->packet, PACKET_INTERNED_DATA, &perfetto->interned);
    protobuf_add_message(&perfetto->packet, PACKET_TRACK_EVENT, &perfetto->event);
    protobuf_clear(&perfetto->interned);
    protobuf_clear(&perfetto->event);
    return put_packet(export);
}

static int put_slice(struct export *export, const struct exported_call *call, enum slice_type type,
                     uint64_t now_ns, const struct trace_event *event)
{
    struct perfetto *perfetto = export->state;
    int rc = put_clock(export, now_ns);
    if (rc == 0)
        rc = put_tracks(export, call->thread);
    if (rc == 0)
        rc = intern_function(perfetto, call->function);
    if (rc < 0)
        return rc;
    protobuf_add_number(&perfetto->event, EVENT_TRACK_UUID, thread_track(call->thread));
    if (type != SLICE_END) {
        protobuf_add_number(&perfetto->event, EVENT_CATEGORY_IIDS,
                            call->function->id + UINT64_C(1));
        protobuf_add_number(&perfetto->event, EVENT_NAME_IID, call->function->id + UINT64_C(1));
    }
    if (type != SLICE_BEGIN) {
        protobuf_clear(&perfetto->inner);
        protobuf_add_text(&perfetto->inner, ANNOTATION_NAME, "end");
        protobuf_add_text(&perfetto->inner, ANNOTATION_STRING, export_end_word(call));
        protobuf_add_message(&perfetto->event, EVENT_ANNOTATIONS, &perfetto->inner);
    }
    rc = event ? add_annotations(perfetto, event) : 0;
    return rc < 0 ? rc : put_event(export, type, now_ns);
}

static int perfetto_enter(struct export *export, const struct exported_call *call, uint64_t now_ns,
                          const struct trace_event *entry)
{
    return put_slice(export, call, SLICE_BEGIN, now_ns, entry);
}

static int perfetto_leave(struct export *export, const struct exported_call *call, uint64_t now_ns,
                          const struct trace_event *exit)
{
    return put_slice(export, call, SLICE_END, now_ns, exit);
}

static int perfetto_lone_exit(struct export *export, const struct exported_call *call,
                              uint64_t now_ns, const struct trace_event *exit)
{
    return put_slice(export, call, SLICE_INSTANT, now_ns, exit);
}

/* On the track of the whole trace, which is that of events without one. */
static int perfetto_gap(struct export *export, const struct trace_gap *gap)
{
    struct perfetto *perfetto = export->state;
    int rc = put_clock(export, gap->end_ns);
    protobuf_add_text(&perfetto->event, EVENT_CATEGORIES, "(none)");
    protobuf_add_text(&perfetto->event, EVENT_NAME,
                      gap->is_pause ? "the session may have been stopped" : "events were lost");
    protobuf_clear(&perfetto->inner);
    protobuf_add_text(&perfetto->inner, ANNOTATION_NAME, "events");
    protobuf_add_number(&perfetto->inner, ANNOTATION_UINT, gap->n_events);
    protobuf_add_message(&perfetto->event, EVENT_ANNOTATIONS, &perfetto->inner);
    return rc < 0 ? rc : put_event(export, SLICE_INSTANT, gap->end_ns);
}

const struct export_format export_perfetto = {
    .name = "perfetto",
    .what = "ui.perfetto.dev and trace_processor",
    .begin = perfetto_begin,
    .enter = perfetto_enter,
    .leave = perfetto_leave,
    .lone_exit = perfetto_lone_exit,
    .gap = perfetto_gap,
    .release = perfetto_release,
};
