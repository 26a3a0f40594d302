/* SPDX-License-Identifier: MIT */
/*
 * The tracer: what the engine reports is brought together with the candidates of each process, and
 * what is wanted of them (by the sessions' rules, or all of it with --print) is armed.
 */
#ifndef CLI_TRACER_H
#define CLI_TRACER_H

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "cli/options.h"
#include "ptrace/engine.h"
#include "symbols/catalog.h"
#include "symbols/module.h"
#include "tp/lttng/backend.h"
#include "tp/print.h"
#include "tp/session/session.h"
#include "util/table.h"

struct tracer {
    const struct options *options;
    struct catalog *catalog;
    struct engine *engine;

    /* LTTng; NULL with --print */
    const struct session_ops *session_ops;
    struct session *session;
    const struct backend_ops *backend_ops;
    struct backend *backend;
    bool begun;                 /* the session's recording */
    struct table selected;      /* probes the back end knows, by address */
    struct table only_named;    /* likewise, of modules that only a rule or a trigger names */
    VEC(const char *) left_out; /* providers no rule has named so far; under `lock` */
    pthread_mutex_t lock;       /* of left_out, which the attendant looks at, and n_pending_calls */
    unsigned n_pending_calls;   /* errands that were given up and are still under way */
    pthread_cond_t no_pending_calls;

    struct print *print;
    FILE *print_stream;

    sigset_t signals; /* those that end a trace: blocked */
    sigset_t stops;   /* those that stop the tracer but while something is traced */
    struct watcher *watcher;
    struct progress *progress;      /* NULL: none is shown */
    struct function_counts *counts; /* NULL: not --verbose */
    struct session_poller *poller;  /* NULL with --print */
    struct error session_trouble;   /* the attendant's, until it is stopped: said already */
    atomic_bool stop_asked;         /* detach */
    atomic_bool module_named;       /* a rule names a module that was left out */

    pid_t launched; /* 0 when attached */
    int launched_status;
    bool launched_ended;
    bool failed;       /* said already: exit status 125 */
    bool abandoned;    /* threads still use this and the session: see cli/session_teardown.h */
    bool wait_told;    /* that it waits, and for what */
    bool pending_told; /* that the session daemon does not answer while the program runs */
    unsigned visit;    /* how often all targets were gone through: processes may share one */
    size_t n_armed_most;
    size_t n_candidates;
};

/* What is wanted of the probe now. */
unsigned tracer_wanted(const struct tracer *tracer, const struct probe *probe);
/* Something is wrong that ends it all: one line, then everything is let go. */
void tracer_fail(struct tracer *tracer, const struct error *err);

/* What the session and the back end are told of candidates: recording.c. */

/* Makes new candidates known to LTTng and, once the session has begun, the selected ones to it. */
void tracer_register(struct tracer *tracer, const struct probe *const *probes, size_t n,
                     bool selected);
/* Starts the recording: the candidates known so far are all there are before the program runs. */
void tracer_begin(struct tracer *tracer);
/* Whether a session's rule, or a trigger, names the module by its provider. */
bool tracer_is_named(struct tracer *tracer, const char *provider);

#endif
