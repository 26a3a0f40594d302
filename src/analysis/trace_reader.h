/* SPDX-License-Identifier: MIT */
/*
 * Reads the function events of CTF traces, by libbabeltrace2: a directory with any number of
 * traces in it (of one session, its rotated chunks, its snapshots, of several processes), or the
 * URL of a live session. Pairs them to calls, which it passes to a visitor.
 *
 * Memory grows with the number of functions, threads that are active, and open calls, not with the
 * length of the trace.
 *
 *     struct trace_reader *reader;
 *     trace_reader_open(&options, &reader, err)
 *     trace_reader_run(reader, &visitor, err)
 *     trace_reader_counts(reader), trace_reader_functions(reader)
 *     trace_reader_free(reader)
 */
#ifndef ANALYSIS_TRACE_READER_H
#define ANALYSIS_TRACE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "analysis/call_visitor.h"
#include "analysis/function_table.h"
#include "analysis/thread_set.h"
#include "analysis/unwound_calls.h"
#include "util/error.h"

/* A place in code. */
struct code_address {
    uint64_t address; /* in the process */
    const char *path; /* of the module's file; NULL: not known */
    uint64_t base;    /* where the module is mapped */
    bool is_pic;      /* else the file's addresses are the process's */
};

struct trace_options {
    const char *path; /* a directory, or net://HOST[:PORT]/host/NAME/SESSION */
    /* Whether the user selects a function. NULL: all. */
    bool (*selects)(void *data, const char *module, const char *name);
    /* The name of the code at an address, to `module` and `name` (NUL-terminated, as the names in
       event names). false: it has none. NULL: nobody knows names. */
    bool (*name_code)(void *data, const struct code_address *address, char *module,
                      size_t module_size, char *name, size_t name_size);
    /* Called now and then, and while a live session has nothing new. `fraction`: 0 to 1, how much
       has been read; -1: not known, as without `with_fraction`, which takes some time in the
       beginning. Returns whether to go on. NULL: nobody wants to know. */
    bool (*progress)(void *data, double fraction, uint64_t n_events);
    bool with_fraction;
    void *data; /* of these callbacks */

    /*
     * The range, in the time of events: begin_ns is inclusive, end_ns exclusive; 0: none. Events
     * before it are read, so that depths and times are right: calls that are open at begin_ns are
     * passed with call.before_range. Reading ends at end_ns.
     */
    uint64_t begin_ns, end_ns;
    /* Only the events of these processes and threads; 0: all. */
    const pid_t *pids, *tids;
    size_t n_pids, n_tids;
    /* Threads that are known to switch between stacks: trace_notes_read_pairing(). It must
       outlive the reader. NULL: none is known. */
    const struct thread_set *switching;
    /* Likewise: the calls that the tracer has seen to be left. NULL: none is known. */
    const struct unwound_calls *unwound;
    /* Likewise: whether the session was never stopped and started again. Where no stream has a
       packet, its ring buffers were flushed then. */
    const bool *started_once;
};

struct trace_reader;

/*
 * Finds the traces and checks that they can be read. Keeps a pointer to nothing but options->data,
 * options->switching and what the callbacks need. -ENOENT: there is no such path; -ENOTDIR: it is
 * no directory; -ENODATA: no trace is there, or no function events can be in it; -EIO and others:
 * it cannot be read. *err says which.
 */
MUST_CHECK int trace_reader_open(const struct trace_options *options, struct trace_reader **reader,
                                 struct error *err);

/* Changes options.begin_ns and end_ns, before trace_reader_run(). */
void trace_reader_set_range(struct trace_reader *reader, uint64_t begin_ns, uint64_t end_ns);

/*
 * Reads to the end, once. -ECANCELED: progress() ended it; -ENODATA: it has no function events; a
 * callback's error, with *err unchanged; else an error of the trace. Calls that are open are passed
 * to left() in all cases but a callback's error.
 */
MUST_CHECK int trace_reader_run(struct trace_reader *reader, const struct call_visitor *visitor,
                                struct error *err);

const struct function_table *trace_reader_functions(const struct trace_reader *reader);
const struct call_counts *trace_reader_counts(const struct trace_reader *reader);

/*
 * The lines that a command prints of the counts, each without a newline: calls without an exit,
 * losses, missing contexts with the command that records them. Returns false after the last one;
 * start with *position = 0.
 */
bool trace_reader_remark(const struct trace_reader *reader, size_t *position, char *line,
                         size_t size);

/* The first and the last time that events can have, for --begin and --end as times of day; false:
   not known before it is read (live). */
bool trace_reader_range(const struct trace_reader *reader, uint64_t *begin_ns, uint64_t *end_ns);

/* Also after errors; NULL is allowed. */
void trace_reader_free(struct trace_reader *reader);

#endif
