/* SPDX-License-Identifier: MIT */
#include "analysis/export/perfetto_packet.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/text.h"

/* ---- texts ---- */

char *perfetto_text(struct perfetto_packet *packet, const char *text)
{
    size_t length = strlen(text), clean = 0, n;
    while (clean < length && (n = text_visible_length(text + clean, length - clean)) > 0)
        clean += n;
    /* Messages are not written to; protobuf-c has no strings that are constant. */
    if (clean == length)
        return (char *)text;
    size_t size = 4 * length + 1;
    char **copy = vec_push(&packet->texts);
    if (!copy || !(*copy = malloc(size)))
        return NULL;
    text_escape(*copy, size, text, length);
    return *copy;
}

/* ---- annotations ---- */

Perfetto__DebugAnnotation *perfetto_add_annotation(struct perfetto_packet *packet)
{
    Perfetto__DebugAnnotation *annotation = vec_push(&packet->annotations);
    if (annotation)
        perfetto__debug_annotation__init(annotation);
    return annotation;
}

int perfetto_set_text(struct perfetto_packet *packet, Perfetto__DebugAnnotation *annotation,
                      const char *text)
{
    annotation->value_case = PERFETTO__DEBUG_ANNOTATION__VALUE_STRING_VALUE;
    annotation->string_value = perfetto_text(packet, text);
    return annotation->string_value ? 0 : -ENOMEM;
}

static Perfetto__DebugAnnotation *add_constant_name(struct perfetto_packet *packet,
                                                    const char *name)
{
    Perfetto__DebugAnnotation *annotation = perfetto_add_annotation(packet);
    if (annotation) {
        annotation->name_field_case = PERFETTO__DEBUG_ANNOTATION__NAME_FIELD_NAME;
        annotation->name = (char *)name;
    }
    return annotation;
}

int perfetto_add_text(struct perfetto_packet *packet, const char *name, const char *text)
{
    Perfetto__DebugAnnotation *annotation = add_constant_name(packet, name);
    return annotation ? perfetto_set_text(packet, annotation, text) : -ENOMEM;
}

int perfetto_add_number(struct perfetto_packet *packet, const char *name, uint64_t number)
{
    Perfetto__DebugAnnotation *annotation = add_constant_name(packet, name);
    if (!annotation)
        return -ENOMEM;
    annotation->value_case = PERFETTO__DEBUG_ANNOTATION__VALUE_UINT_VALUE;
    annotation->uint_value = number;
    return 0;
}

/* ---- lists ---- */

int perfetto_list_annotations(struct perfetto_packet *packet, Perfetto__TrackEvent *event)
{
    for (size_t i = 0; i < packet->annotations.count; i++) {
        Perfetto__DebugAnnotation **listed = vec_push(&packet->annotation_list);
        if (!listed)
            return -ENOMEM;
        *listed = &packet->annotations.items[i];
    }
    event->debug_annotations = packet->annotation_list.items;
    event->n_debug_annotations = packet->annotation_list.count;
    return 0;
}

int perfetto_list_names(struct perfetto_packet *packet, Perfetto__InternedData *names)
{
    for (size_t i = 0; i < packet->field_names.count; i++) {
        Perfetto__DebugAnnotationName **listed = vec_push(&packet->field_name_list);
        if (!listed)
            return -ENOMEM;
        *listed = &packet->field_names.items[i];
    }
    names->debug_annotation_names = packet->field_name_list.items;
    names->n_debug_annotation_names = packet->field_name_list.count;
    packet->category_list = &packet->category;
    packet->name_list = &packet->name;
    names->event_categories = &packet->category_list;
    names->event_names = &packet->name_list;
    names->n_event_categories = names->n_event_names = packet->has_names;
    return 0;
}

/* ---- the packet ---- */

static void clear_packet(struct perfetto_packet *packet)
{
    for (size_t i = 0; i < packet->texts.count; i++)
        free(packet->texts.items[i]);
    packet->texts.count = 0;
    packet->annotations.count = packet->annotation_list.count = 0;
    packet->field_names.count = packet->field_name_list.count = 0;
    packet->has_names = false;
}

int perfetto_packet_write(struct perfetto_packet *packet, Perfetto__TracePacket *message,
                          FILE *stream)
{
    /* The bytes of traces that follow each other are those of one trace. */
    Perfetto__Trace trace = PERFETTO__TRACE__INIT;
    message->has_trusted_packet_sequence_id = true;
    message->trusted_packet_sequence_id = 1;
    trace.packet = &message;
    trace.n_packet = 1;
    size_t size = perfetto__trace__get_packed_size(&trace);
    if (size > packet->bytes.capacity) {
        unsigned char *items = realloc(packet->bytes.items, 2 * size);
        if (!items)
            return -ENOMEM;
        packet->bytes.items = items;
        packet->bytes.capacity = 2 * size;
    }
    fwrite(packet->bytes.items, 1, perfetto__trace__pack(&trace, packet->bytes.items), stream);
    clear_packet(packet);
    return 0;
}

void perfetto_packet_free(struct perfetto_packet *packet)
{
    clear_packet(packet);
    vec_free(&packet->annotations);
    vec_free(&packet->annotation_list);
    vec_free(&packet->field_names);
    vec_free(&packet->field_name_list);
    vec_free(&packet->texts);
    vec_free(&packet->bytes);
}
