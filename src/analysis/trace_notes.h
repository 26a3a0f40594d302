/* SPDX-License-Identifier: MIT */
/*
 * ptrace_tracer.json, at the top of a trace's directory: what the tracer knows of its trace and CTF
 * has no place for.
 *
 *     {"format": 1, "version": "0.1", "command": ["ptrace_tracer", "./app"],
 *      "costs": {"entry_before_ns": 6500, "entry_after_ns": 4300, "exit_before_ns": ..., ...,
 *                "stop_cpu_ns": 3300},
 *      "jump_costs": {"entry_before_ns": 4, ...},
 *      "started_once": true,
 *      "switching_threads": [{"pid": 12, "tid": 13}, ...], "other_threads_switch": false,
 *      "unwound": [[12, 13, 271828182845, 3141592653], ...],
 *      "functions": [{"event": "mylib:f_entry", "function": "f", "module": "/lib/libmylib.so",
 *                     "address": "0x1130", "signature": "void f(int n)",
 *                     "file": "/src/mylib.c", "line": 12}, ...],
 *      "other_names": [{"module": "/lib/libmylib.so.2.1", "name": "libmylib.so.2"}, ...]}
 *
 * "started_once": the trace's session was never stopped and started again. If it may have been, it
 * is left out.
 *
 * "switching_threads" are those that calls of several stacks were seen in (coroutines), by the IDs
 * in the tracer's PID namespace, which are those in events. If there were more of them than the
 * tracer keeps, others may do it, too.
 *
 * "unwound" are calls that were left by exceptions or jumps, in the order of time: process, thread,
 * time by the clock of the trace (CLOCK_MONOTONIC) in ns, and the function, as
 * unwound_calls_function() says. There are so many at most, and what came later is left out.
 *
 * "costs" are those of events that stops have served, "jump_costs" of those that jumps have.
 *
 * "costs", "jump_costs", "signature", "file" and "line" are left out if they are not known. Who
 * reads it must accept further members.
 */
#ifndef ANALYSIS_TRACE_NOTES_H
#define ANALYSIS_TRACE_NOTES_H

#include <stdbool.h>
#include <stddef.h>

#include "analysis/thread_set.h"
#include "analysis/unwound_calls.h"
#include "model/call_times.h"
#include "model/probe.h"
#include "util/error.h"

/* By which a pattern can select a module besides the name of its file. */
struct other_name {
    const char *module; /* the path of its file */
    const char *name;
};

struct trace_notes {
    const char *version;
    char *const *command;           /* NULL-terminated */
    const struct call_costs *costs; /* COSTS_WAYS of them; NULL: not known */
    bool has_jumps;                 /* those by jumps are known */
    const struct thread_set *switching;
    const struct unwound_calls *unwound;
    bool started_once;
    const struct probe *const *probes;
    size_t n_probes;
    const struct other_name *other_names;
    size_t n_other_names;
};

/* Writes the file, which must not be there. On failure it is removed. */
MUST_CHECK int trace_notes_write(const char *directory, const struct trace_notes *notes,
                                 struct error *err);

/* Reads the costs, COSTS_WAYS of them; those that are not in it are 0. -ENOENT: there is no file;
   -ENODATA: costs are not in it; -EINVAL: it is not such a file. The file is hostile input. */
MUST_CHECK int trace_notes_read_costs(const char *directory, struct call_costs *costs,
                                      struct error *err);
/* What helps to pair events. All zero is an empty one. */
struct pairing_notes {
    struct thread_set switching; /* threads that switch between stacks */
    struct unwound_calls unwound;
    bool started_once; /* the session was */
};
/* Fills an empty one. -ENOENT, -EINVAL: as above. */
MUST_CHECK int trace_notes_read_pairing(const char *directory, struct pairing_notes *notes,
                                        struct error *err);
void pairing_notes_free(struct pairing_notes *notes);
/* *command: what was traced with, its words separated by spaces; the caller frees it. The same
   errors; -ENODATA: it is not in the file. */
MUST_CHECK int trace_notes_read_command(const char *directory, char **command, struct error *err);
/* Passes the event of each function's entry ("mylib:f_entry") and the path of its file. -ENOENT,
   -EINVAL: as above. */
MUST_CHECK int trace_notes_read_modules(const char *directory,
                                        void (*add)(void *data, const char *event,
                                                    const char *module),
                                        void *data, struct error *err);
/* Passes the other names of modules. The same errors. */
MUST_CHECK int trace_notes_read_other_names(const char *directory,
                                            void (*add)(void *data, const struct other_name *name),
                                            void *data, struct error *err);
/* Passes the event of each function's entry and its place in the sources, if that is known. The
   same errors. */
MUST_CHECK int trace_notes_read_sources(const char *directory,
                                        void (*add)(void *data, const char *event, const char *file,
                                                    unsigned line),
                                        void *data, struct error *err);

#endif
