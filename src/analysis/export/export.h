/* SPDX-License-Identifier: MIT */
/*
 * A trace in a format that other programs read. The calls of a trace are passed to one format, in
 * the form that its kind needs:
 *
 *  - call(): each call once, when it has ended (rows, sums).
 *  - enter() and leave(): balanced for each thread, each leave() that of the innermost call which
 *    was entered (timelines). What the program did not leave in this order (exceptions, coroutines,
 *    the end of the trace) is left as early as the order asks, and says so by its `end`.
 *
 * Only the calls that a report counts are passed: selected ones that were entered in the range.
 * Nothing is kept of a call that has ended.
 */
#ifndef ANALYSIS_EXPORT_EXPORT_H
#define ANALYSIS_EXPORT_EXPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "analysis/call_visitor.h"
#include "analysis/trace_reader.h"
#include "model/call_times.h"
#include "util/error.h"

/* Where a function is in the sources. */
struct source_line {
    const char *file; /* NULL: not known */
    unsigned line;
};

struct export_options {
    FILE *stream;        /* where to write to; the caller closes it */
    const char *path;    /* of the regular file that it is; NULL: it is none */
    const char *version; /* of this program */
    const char *name;    /* of the trace, to show */
    const char *command; /* that it was recorded by; NULL: not known */
    /* What tracing cost, COSTS_WAYS of them; NULL: times are raw. Must outlive the export. */
    const struct call_costs *costs;
    /* NULL: nobody knows sources. */
    struct source_line (*source_of)(void *data, const struct traced_function *function);
    void *data;
    /* A function's name without its parameters: a copy, or NULL if it has none. May be NULL. */
    char *(*plain_name)(const char *name);
    /* For formats that identify calls: a number for what was read of the trace, and what they are
       part of (NULL: nothing). */
    uint64_t selection;
    const struct trace_context *context;
    /* For formats that are requests to a server: sends one. NULL: they are written. Returns 0, or a
       negative errno, which ends the export. */
    int (*send)(void *data, const char *request, size_t size, size_t n_spans);
    const struct trace_reader *reader; /* which passes the calls; NULL: none does */
};

/* A thread. It stays where it is until the end. */
struct export_thread {
    uint32_t number; /* from 0, without gaps */
    uint32_t host;
    pid_t pid, tid;
    char name[THREAD_NAME_SIZE];
    /* The format's: the name that it has written. */
    char written_name[THREAD_NAME_SIZE];
    bool is_written;
    /* The export's own. */
    struct timed_thread timed;
    struct exported_call *top; /* the innermost call that was entered and not left */
    uint64_t clock_ns;         /* the last time that enter() or leave() was called with */
};

/* An open call, or one that has ended: then in call() or leave(). */
struct exported_call {
    /* From 1, in the order of the entries; of the innermost call around it that is exported, too;
       0: there is none. */
    uint64_t id, parent_id;
    /* From 1, in the order of the entries, whether they are exported or not; of the innermost
       exported call that was entered and not left when this one was entered; 0: there is none. */
    uint64_t number, outer_number;
    const struct traced_function *function;
    /* The caller as far as functions were traced, exported or not; NULL: none. */
    const struct traced_function *caller;
    struct export_thread *thread;
    uint32_t depth;
    uint64_t entry_ns; /* as recorded; 0: no entry */
    /* In leave() and call(). CALL_OPEN: there is an exit only. In leave(), a call that returns
       after one around it is CALL_UNWOUND. */
    enum call_end end;
    bool resumed; /* it returned after calls around it */
    bool has_exit;
    uint64_t exit_ns;  /* as recorded, if has_exit */
    bool has_duration; /* else the times below are 0 */
    bool has_self;
    struct call_duration times;
    /* The durations of calls of the same function that it has made itself. */
    int64_t recursive_raw_ns, recursive_net_ns;
    const char *arguments; /* as JSON, if format->keeps_arguments and there are any; else NULL */
    /* What format->keep() has written is in its place, and so long. */
    size_t kept_size;
    uint64_t begin_ns; /* the time of enter() */
    /* The export's own. */
    struct call_time time;
    struct exported_call *below;
    bool is_placed; /* entered, and not left */
    struct kept_text *kept;
};

struct export;

enum { EXPORT_LIMITS = 3 };

/* Callbacks return 0 or a negative errno. Write errors need not be looked for: export.c does. Those
   that are NULL are not called. Formats write to export->stream. */
struct export_format {
    const char *name; /* "csv" */
    const char *what; /* for a list of formats */
    bool keeps_arguments;
    bool needs_file; /* options.path: it writes there by itself, and not to the stream */
    /* Writes them in another form than value_json_write() does; returns how many there are. */
    size_t (*write_arguments)(FILE *stream, const struct trace_event *entry);
    /* Readers sort events by time: a call takes a nanosecond at least from enter() to leave(). */
    bool has_no_empty_calls;
    int (*begin)(struct export *export);
    int (*call)(struct export *export, const struct exported_call *call,
                const struct trace_event *exit);
    /* Writes what is to be kept of the entry of a call until it has ended. */
    int (*keep)(struct export *export, const struct trace_event *entry, FILE *kept);
    int (*enter)(struct export *export, const struct exported_call *call, uint64_t now_ns,
                 const struct trace_event *entry);
    int (*leave)(struct export *export, const struct exported_call *call, uint64_t now_ns,
                 const struct trace_event *exit);
    /* For those with enter(): an exit alone. */
    int (*lone_exit)(struct export *export, const struct exported_call *call, uint64_t now_ns,
                     const struct trace_event *exit);
    int (*gap)(struct export *export, const struct trace_gap *gap);
    /* Of a format that has a visitor of its own; of those above only begin() is called then, unless
       it passes calls on to export_calls_visitor(). */
    struct call_visitor (*visitor)(struct export *export);
    /* When all was read: writes what is left. */
    int (*end)(struct export *export);
    void (*release)(struct export *export); /* frees export->state, if that is not NULL */
};

/* What formats see of it. */
struct export
{
    const struct export_format *format;
    struct export_options options;
    FILE *stream;
    bool net;
    void *state; /* the format's */
    /* A number for what was read: the first event, and options.selection. From the first callback
       of the format's on, but begin(). */
    uint64_t identity;
    uint64_t n_calls;                /* that were passed, and exits without an entry */
    uint64_t n_unplaced;             /* that the format had no room for */
    char limits[EXPORT_LIMITS][160]; /* what else it has left out, each in a line; "": nothing */
    bool output_failed; /* of a format that needs_file: an error is one of writing there */
};

/* NULL: out of memory. */
struct export *export_new(const struct export_format *format, const struct export_options *options);
void export_free(struct export *export);
/* The beginning of the output; before the reading. */
MUST_CHECK int export_begin(struct export *export);
struct call_visitor export_visitor(struct export *export);
/* The visitor that calls call(), enter() and so on. */
struct call_visitor export_calls_visitor(struct export *export);
/* After the reading. */
MUST_CHECK int export_end(struct export *export);

/* ---- for formats */

/* How a call ended, in a word: "returned", "unwound"; "uncertain" if it has returned, and no time
   is known of it; "no-entry" of an exit alone. */
const char *export_end_word(const struct exported_call *call);
/* The time that is asked for: net or raw. */
static inline int64_t export_duration(const struct export *export,
                                      const struct call_duration *times)
{
    return export->net ? times->net_ns : (int64_t)times->raw_ns;
}
static inline int64_t export_self(const struct export *export, const struct call_duration *times)
{
    return export->net ? times->self_net_ns : (int64_t)times->self_raw_ns;
}
/* How long of that the thread was on a CPU, if times->has_cpu. */
static inline int64_t export_cpu(const struct export *export, const struct call_duration *times)
{
    return (int64_t)(export->net ? times->cpu.net_ns : times->cpu.raw_ns);
}
struct source_line export_source(const struct export *export,
                                 const struct traced_function *function);
/* "app:f", or "f" without a module. The caller frees it. NULL: out of memory. */
char *export_function_name(const struct traced_function *function);

#endif
