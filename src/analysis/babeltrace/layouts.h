/* SPDX-License-Identifier: MIT */
/* What is known of the event classes of the traces: which are of functions, and where their values
   are. Made once for each class. */
#ifndef ANALYSIS_BABELTRACE_LAYOUTS_H
#define ANALYSIS_BABELTRACE_LAYOUTS_H

#include <babeltrace2/babeltrace.h>
#include <stdbool.h>
#include <stdint.h>

#include "analysis/event_source.h"
#include "analysis/trace_event.h"

enum class_kind {
    CLASS_OTHER,
    CLASS_FUNCTION,    /* an entry or exit, by name */
    CLASS_ADDRESS,     /* an entry or exit, by address */
    CLASS_MAPPED,      /* statedump:bin_info, lib:load, dl:dlopen */
    CLASS_UNMAPPED,    /* lib:unload */
    CLASS_LIST_BEGINS, /* statedump:start */
    CLASS_LIST_ENDS,   /* statedump:end */
};

/* How a field is read. */
enum field_reader {
    READ_UNSIGNED,
    READ_SIGNED,
    READ_BOOL,
    READ_FLOAT,
    READ_DOUBLE,
    READ_TEXT,
};

/* A member of a structure field; not there: index < 0. */
struct member {
    int index;
    enum field_reader reader;
};

struct class_layout {
    struct event_layout layout; /* of CLASS_FUNCTION and CLASS_ADDRESS */
    enum class_kind kind;
    struct member *members; /* of the payload, for each of layout.fields */
    /* In the event's common context, and in the packet's. */
    struct member pid, tid, thread_name, cpu;
    /* In the payload. */
    struct member address;                  /* CLASS_ADDRESS */
    struct member base, size, path, is_pic; /* CLASS_MAPPED, CLASS_UNMAPPED */
};

struct layouts;

/* NULL: out of memory. */
struct layouts *layouts_new(void);
void layouts_free(struct layouts *layouts);

/* Makes the layouts of all event classes of the trace that have none yet, and tells the consumer.
   0, or a negative errno. */
MUST_CHECK int layouts_add_trace(struct layouts *layouts, const bt_trace *trace,
                                 struct event_consumer *consumer);
/* The layout of the class; NULL: none was made yet. */
const struct class_layout *layouts_find(const struct layouts *layouts,
                                        const bt_event_class *event_class);
/* Whether there are classes of functions. */
bool layouts_have_functions(const struct layouts *layouts);

/* Value of a member of a structure field; 0 or "" if it is not there. */
uint64_t member_value(const bt_field *structure, const struct member *member);
const char *member_text(const bt_field *structure, const struct member *member);

#endif
