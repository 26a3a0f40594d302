/* SPDX-License-Identifier: MIT */
/*
 * Perfetto's own format (ui.perfetto.dev, trace_processor): a sequence of TracePackets, with slices
 * on a track for each thread. perfetto.proto has the messages. Names are interned: a packet that
 * refers to one for the first time has it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/event_value.h"
#include "analysis/export/formats.h"
#include "analysis/export/perfetto_packet.h"
#include "util/cleanup.h"
#include "util/table.h"
#include "util/vec.h"

struct perfetto {
    struct perfetto_packet next;
    bool has_start;
    VEC(bool) functions;    /* by ID: whether its names were written */
    VEC(uint64_t) layouts;  /* by ID: the interned ID of the first field's name; 0: not written */
    uint64_t n_fields;      /* names of fields that were written */
    struct table processes; /* those that have a track */
};

/* ---- packets ---- */

static int perfetto_begin(struct export *export)
{
    export->state = calloc(1, sizeof(struct perfetto));
    return export->state ? 0 : -ENOMEM;
}

static void perfetto_release(struct export *export)
{
    struct perfetto *perfetto = export->state;
    perfetto_packet_free(&perfetto->next);
    vec_free(&perfetto->functions);
    vec_free(&perfetto->layouts);
    table_free(&perfetto->processes);
    free(perfetto);
}

/* Says that times are those of the system's clock, since the epoch. The first packet. */
static int put_clock(struct export *export, uint64_t now_ns)
{
    struct perfetto *perfetto = export->state;
    if (perfetto->has_start)
        return 0;
    perfetto->has_start = true;
    Perfetto__ClockSnapshot__Clock clock = PERFETTO__CLOCK_SNAPSHOT__CLOCK__INIT, *clocks = &clock;
    clock.has_clock_id = clock.has_timestamp = true;
    clock.clock_id = PERFETTO__BUILTIN_CLOCK__BUILTIN_CLOCK_REALTIME;
    clock.timestamp = now_ns;
    Perfetto__ClockSnapshot snapshot = PERFETTO__CLOCK_SNAPSHOT__INIT;
    snapshot.clocks = &clocks;
    snapshot.n_clocks = 1;
    snapshot.has_primary_trace_clock = true;
    snapshot.primary_trace_clock = PERFETTO__BUILTIN_CLOCK__BUILTIN_CLOCK_REALTIME;
    Perfetto__TracePacket packet = PERFETTO__TRACE_PACKET__INIT;
    packet.clock_snapshot = &snapshot;
    packet.has_sequence_flags = true;
    packet.sequence_flags = PERFETTO__TRACE_PACKET__SEQUENCE_FLAGS__SEQ_INCREMENTAL_STATE_CLEARED;
    return perfetto_packet_write(&perfetto->next, &packet, export->stream);
}

/* ---- tracks ---- */

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

static int put_track(struct export *export, Perfetto__TrackDescriptor *track)
{
    Perfetto__TracePacket packet = PERFETTO__TRACE_PACKET__INIT;
    packet.track_descriptor = track;
    struct perfetto *perfetto = export->state;
    return perfetto_packet_write(&perfetto->next, &packet, export->stream);
}

static int put_process(struct export *export, const struct export_thread *thread)
{
    struct perfetto *perfetto = export->state;
    Perfetto__ProcessDescriptor process = PERFETTO__PROCESS_DESCRIPTOR__INIT;
    process.has_pid = true;
    process.pid = (int32_t)perfetto_id(thread, thread->pid);
    process.process_name = perfetto_text(&perfetto->next, thread->name);
    Perfetto__TrackDescriptor track = PERFETTO__TRACK_DESCRIPTOR__INIT;
    track.has_uuid = true;
    track.uuid = process_track(thread);
    track.process = &process;
    if (!process.process_name)
        return -ENOMEM;
    int rc = table_put(&perfetto->processes, process_track(thread), perfetto);
    return rc < 0 ? rc : put_track(export, &track);
}

static int put_thread(struct export *export, const struct export_thread *thread)
{
    struct perfetto *perfetto = export->state;
    Perfetto__ThreadDescriptor descriptor = PERFETTO__THREAD_DESCRIPTOR__INIT;
    descriptor.has_pid = descriptor.has_tid = true;
    descriptor.pid = (int32_t)perfetto_id(thread, thread->pid);
    descriptor.tid = (int64_t)perfetto_id(thread, thread->tid);
    descriptor.thread_name = perfetto_text(&perfetto->next, thread->name);
    Perfetto__TrackDescriptor track = PERFETTO__TRACK_DESCRIPTOR__INIT;
    track.has_uuid = track.has_parent_uuid = true;
    track.uuid = thread_track(thread);
    track.parent_uuid = process_track(thread);
    track.thread = &descriptor;
    return descriptor.thread_name ? put_track(export, &track) : -ENOMEM;
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
    return rc < 0 ? rc : put_thread(export, thread);
}

/* ---- interned names ---- */

/* Adds the names of the function. Their IDs are 1 + its own. */
static int intern_function(struct perfetto *perfetto, const struct traced_function *function)
{
    struct perfetto_packet *packet = &perfetto->next;
    while (perfetto->functions.count <= function->id)
        if (!vec_push(&perfetto->functions))
            return -ENOMEM;
    if (perfetto->functions.items[function->id])
        return 0;
    perfetto->functions.items[function->id] = true;
    char **name = vec_push(&packet->texts);
    if (!name || !(*name = export_function_name(function)))
        return -ENOMEM;
    perfetto__event_category__init(&packet->category);
    perfetto__event_name__init(&packet->name);
    packet->category.has_iid = packet->name.has_iid = true;
    packet->category.iid = packet->name.iid = function->id + UINT64_C(1);
    packet->name.name = perfetto_text(packet, *name);
    packet->category.name = perfetto_text(packet, *function->module ? function->module : "(none)");
    packet->has_names = true;
    return packet->name.name && packet->category.name ? 0 : -ENOMEM;
}

/* Adds the names of the event's fields. *first: the ID of the first one. */
static int intern_fields(struct perfetto *perfetto, const struct event_layout *layout,
                         uint64_t *first)
{
    while (perfetto->layouts.count <= layout->id)
        if (!vec_push(&perfetto->layouts))
            return -ENOMEM;
    uint64_t *known = &perfetto->layouts.items[layout->id];
    *first = *known;
    if (*known)
        return 0;
    *first = *known = perfetto->n_fields + 1;
    perfetto->n_fields += layout->n_fields;
    for (size_t i = 0; i < layout->n_fields; i++) {
        Perfetto__DebugAnnotationName *added = vec_push(&perfetto->next.field_names);
        if (!added)
            return -ENOMEM;
        perfetto__debug_annotation_name__init(added);
        added->has_iid = true;
        added->iid = *known + i;
        added->name = perfetto_text(&perfetto->next, layout->fields[i].name);
        if (!added->name)
            return -ENOMEM;
    }
    return 0;
}

/* ---- events ---- */

/* The value of a field. */
static int set_value(struct perfetto *perfetto, Perfetto__DebugAnnotation *annotation,
                     const struct trace_event *event, size_t i)
{
    enum value_kind kind = event->layout->fields[i].kind;
    struct event_value value = event_value_of(event, (int)i);
    switch (value.kind) {
    case EVENT_VALUE_ABSENT:
        break;
    case EVENT_VALUE_SIGNED:
        annotation->value_case = PERFETTO__DEBUG_ANNOTATION__VALUE_INT_VALUE;
        annotation->int_value = value.number;
        break;
    case EVENT_VALUE_UNSIGNED:
        if (kind == VALUE_BOOL) {
            annotation->value_case = PERFETTO__DEBUG_ANNOTATION__VALUE_BOOL_VALUE;
            annotation->bool_value = value.bits != 0;
        } else if (kind == VALUE_POINTER || kind == VALUE_WORD) {
            annotation->value_case = PERFETTO__DEBUG_ANNOTATION__VALUE_POINTER_VALUE;
            annotation->pointer_value = value.bits;
        } else {
            annotation->value_case = PERFETTO__DEBUG_ANNOTATION__VALUE_UINT_VALUE;
            annotation->uint_value = value.bits;
        }
        break;
    case EVENT_VALUE_REAL:
        annotation->value_case = PERFETTO__DEBUG_ANNOTATION__VALUE_DOUBLE_VALUE;
        annotation->double_value = value.real;
        break;
    case EVENT_VALUE_TEXT:
        return perfetto_set_text(&perfetto->next, annotation, value.text);
    }
    return 0;
}

static int add_annotations(struct perfetto *perfetto, const struct trace_event *event)
{
    uint64_t first;
    int rc = intern_fields(perfetto, event->layout, &first);
    for (size_t i = 0; rc == 0 && i < event->layout->n_fields; i++) {
        const struct field *field = &event->layout->fields[i];
        if (field->place.kind == PLACE_POINTEE_STATE)
            continue;
        Perfetto__DebugAnnotation *annotation = perfetto_add_annotation(&perfetto->next);
        if (!annotation)
            return -ENOMEM;
        annotation->name_field_case = PERFETTO__DEBUG_ANNOTATION__NAME_FIELD_NAME_IID;
        annotation->name_iid = first + i;
        enum pointee_state state = event_pointee_state(event, field);
        rc = state == POINTEE_READ
                 ? set_value(perfetto, annotation, event, i)
                 : perfetto_set_text(&perfetto->next, annotation,
                                     state == POINTEE_NULL ? "(null)" : "(bad address)");
    }
    return rc;
}

/* Writes the event, with the annotations that were added. */
static int put_event(struct export *export, Perfetto__TrackEvent *event,
                     Perfetto__TrackEvent__Type type, uint64_t now_ns)
{
    struct perfetto *perfetto = export->state;
    Perfetto__InternedData names = PERFETTO__INTERNED_DATA__INIT;
    Perfetto__TracePacket packet = PERFETTO__TRACE_PACKET__INIT;
    int rc = perfetto_list_annotations(&perfetto->next, event);
    if (rc == 0)
        rc = perfetto_list_names(&perfetto->next, &names);
    if (rc < 0)
        return rc;
    event->has_type = true;
    event->type = type;
    if (names.n_event_names || names.n_debug_annotation_names)
        packet.interned_data = &names;
    packet.has_timestamp = packet.has_timestamp_clock_id = packet.has_sequence_flags = true;
    packet.timestamp = now_ns;
    packet.timestamp_clock_id = PERFETTO__BUILTIN_CLOCK__BUILTIN_CLOCK_REALTIME;
    packet.sequence_flags = PERFETTO__TRACE_PACKET__SEQUENCE_FLAGS__SEQ_NEEDS_INCREMENTAL_STATE;
    packet.track_event = event;
    return perfetto_packet_write(&perfetto->next, &packet, export->stream);
}

static int put_slice(struct export *export, const struct exported_call *call,
                     Perfetto__TrackEvent__Type type, uint64_t now_ns,
                     const struct trace_event *traced)
{
    struct perfetto *perfetto = export->state;
    int rc = put_clock(export, now_ns);
    if (rc == 0)
        rc = put_tracks(export, call->thread);
    if (rc == 0)
        rc = intern_function(perfetto, call->function);
    Perfetto__TrackEvent event = PERFETTO__TRACK_EVENT__INIT;
    uint64_t category_iid = call->function->id + UINT64_C(1);
    event.has_track_uuid = true;
    event.track_uuid = thread_track(call->thread);
    if (type != PERFETTO__TRACK_EVENT__TYPE__TYPE_SLICE_END) {
        event.category_iids = &category_iid;
        event.n_category_iids = 1;
        event.has_name_iid = true;
        event.name_iid = call->function->id + UINT64_C(1);
    }
    if (rc == 0 && type != PERFETTO__TRACK_EVENT__TYPE__TYPE_SLICE_BEGIN)
        rc = perfetto_add_text(&perfetto->next, "end", export_end_word(call));
    if (rc == 0 && traced)
        rc = add_annotations(perfetto, traced);
    return rc < 0 ? rc : put_event(export, &event, type, now_ns);
}

static int perfetto_enter(struct export *export, const struct exported_call *call, uint64_t now_ns,
                          const struct trace_event *entry)
{
    return put_slice(export, call, PERFETTO__TRACK_EVENT__TYPE__TYPE_SLICE_BEGIN, now_ns, entry);
}

static int perfetto_leave(struct export *export, const struct exported_call *call, uint64_t now_ns,
                          const struct trace_event *exit)
{
    return put_slice(export, call, PERFETTO__TRACK_EVENT__TYPE__TYPE_SLICE_END, now_ns, exit);
}

static int perfetto_lone_exit(struct export *export, const struct exported_call *call,
                              uint64_t now_ns, const struct trace_event *exit)
{
    return put_slice(export, call, PERFETTO__TRACK_EVENT__TYPE__TYPE_INSTANT, now_ns, exit);
}

/* On the track of the whole trace, which is that of events without one. */
static int perfetto_gap(struct export *export, const struct trace_gap *gap)
{
    struct perfetto *perfetto = export->state;
    char *category = (char *)"(none)";
    Perfetto__TrackEvent event = PERFETTO__TRACK_EVENT__INIT;
    event.categories = &category;
    event.n_categories = 1;
    event.name = (char *)(gap->is_pause ? "the session may have been stopped" : "events were lost");
    int rc = put_clock(export, gap->end_ns);
    if (rc == 0)
        rc = perfetto_add_number(&perfetto->next, "events", gap->n_events);
    if (rc == 0)
        rc = perfetto_add_number(&perfetto->next, "packets", gap->n_packets);
    return rc < 0
               ? rc
               : put_event(export, &event, PERFETTO__TRACK_EVENT__TYPE__TYPE_INSTANT, gap->end_ns);
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
