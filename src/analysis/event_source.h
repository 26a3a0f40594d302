/* SPDX-License-Identifier: MIT */
/*
 * Where the events come from: what libptrace_tracer_reader.so (analysis/babeltrace/) does for the
 * reader. It is loaded when a trace is to be read, since libbabeltrace2 is not needed before.
 */
#ifndef ANALYSIS_EVENT_SOURCE_H
#define ANALYSIS_EVENT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "analysis/call_visitor.h"
#include "analysis/trace_event.h"
#include "util/error.h"

/* Where an event is from. Valid during a callback. */
struct event_origin {
    uint32_t trace; /* from 0 */
    uint32_t host;
    pid_t pid, tid;          /* 0: not recorded */
    const char *thread_name; /* procname; "": not recorded */
};

/* A module of a process was mapped or unmapped, as liblttng-ust records it. */
struct module_event {
    enum {
        MODULE_MAPPED,
        MODULE_UNMAPPED,
        /* All that is mapped is told anew: in a new program, and when a session starts. */
        MODULE_LIST_BEGINS,
        MODULE_LIST_ENDS,
    } kind;
    uint64_t base, size;
    const char *path;
    bool is_pic;
};

/* What takes the events. A callback returns 0, or a negative errno, which ends the reading. */
struct event_consumer {
    void *data;
    /* A layout was met for the first time: sets layout->function. `name` is NULL for a layout whose
       events have addresses instead (cyg_profile). */
    int (*layout)(void *data, struct event_layout *layout, const char *module, const char *name);
    /* `address`: of the function, for such a layout; 0: not recorded. */
    int (*event)(void *data, struct trace_event *event, const struct event_origin *origin,
                 uint64_t address);
    int (*module)(void *data, const struct module_event *event, const struct event_origin *origin);
    /* Events of the trace were not recorded. */
    int (*gap)(void *data, const struct trace_gap *gap, uint32_t trace);
    /* Now and then. `now_ns`: how far it was read. */
    int (*pause)(void *data, uint64_t now_ns);
    /* Set by the source: events that are not of functions; whether a callback has ended it. */
    uint64_t other_events;
    bool stopped;
};

struct event_source;

struct event_source_api {
    /* `path` as in struct trace_options. */
    int (*open)(const char *path, struct event_source **source, struct error *err);
    /* Once. -ENODATA: no function events are in it. */
    int (*run)(struct event_source *source, struct event_consumer *consumer, struct error *err);
    /* Takes as long as opening. */
    bool (*range)(const struct event_source *source, uint64_t *begin_ns, uint64_t *end_ns);
    void (*free)(struct event_source *source);
};

#endif
