/* SPDX-License-Identifier: MIT */
/* What the next TracePacket of an export to perfetto (perfetto.proto) is made of. */
#ifndef ANALYSIS_EXPORT_PERFETTO_PACKET_H
#define ANALYSIS_EXPORT_PERFETTO_PACKET_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "analysis/export/perfetto.pb-c.h"
#include "util/error.h"
#include "util/vec.h"

/* All zero: nothing. */
struct perfetto_packet {
    VEC(Perfetto__DebugAnnotation) annotations; /* of its event */
    VEC(Perfetto__DebugAnnotation *) annotation_list;
    /* The names that it is the first to refer to: those of a function, if has_names, and of fields.
     */
    Perfetto__EventCategory category, *category_list;
    Perfetto__EventName name, *name_list;
    bool has_names;
    VEC(Perfetto__DebugAnnotationName) field_names;
    VEC(Perfetto__DebugAnnotationName *) field_name_list;
    VEC(char *) texts; /* to be freed when it is written */
    VEC(unsigned char) bytes;
};

/* The text as a string of the packet, which is UTF-8: what is no visible character is escaped as
   \xNN. Valid as long as `text` is, and until the packet is written. NULL: out of memory. */
char *perfetto_text(struct perfetto_packet *packet, const char *text);

/* An annotation without name and value, valid until the next one. NULL: out of memory. */
Perfetto__DebugAnnotation *perfetto_add_annotation(struct perfetto_packet *packet);
MUST_CHECK int perfetto_set_text(struct perfetto_packet *packet,
                                 Perfetto__DebugAnnotation *annotation, const char *text);
/* With names that are not interned, constants. */
MUST_CHECK int perfetto_add_text(struct perfetto_packet *packet, const char *name,
                                 const char *text);
MUST_CHECK int perfetto_add_number(struct perfetto_packet *packet, const char *name,
                                   uint64_t number);

/* Set the lists of an event, and of the packet's names. */
MUST_CHECK int perfetto_list_annotations(struct perfetto_packet *packet,
                                         Perfetto__TrackEvent *event);
MUST_CHECK int perfetto_list_names(struct perfetto_packet *packet, Perfetto__InternedData *names);

/* Writes a message that may have texts of the packet, as the next one of the trace, and clears the
   packet. The caller looks for errors of the stream. */
MUST_CHECK int perfetto_packet_write(struct perfetto_packet *packet, Perfetto__TracePacket *message,
                                     FILE *stream);
void perfetto_packet_free(struct perfetto_packet *packet);

#endif
