/* SPDX-License-Identifier: MIT */
/* The sink that records into LTTng: a session, and the back end that registers tracepoints. */
#ifndef CLI_LTTNG_SINK_H
#define CLI_LTTNG_SINK_H

#include <pthread.h>
#include <stdbool.h>

#include "analysis/thread_set.h"
#include "analysis/unwound_calls.h"
#include "cli/other_names.h"
#include "tp/lttng/backend.h"
#include "tp/session/session.h"
#include "util/error.h"
#include "util/table.h"
#include "util/vec.h"

struct in_process_traces;
struct session_poller;
struct tracer;

struct lttng_sink {
    struct tracer *tracer;
    const struct session_ops *session_ops;
    struct session *session;
    const struct backend_ops *backend_ops;
    struct backend *backend;
    struct in_process_traces *traces; /* of --in-process, or NULL */
    bool begun;                       /* the session records */
    struct table selected;            /* probes the back end knows, by address */
    struct table only_named; /* likewise, of modules that only an event rule or a trigger names */
    struct thread_set switching; /* threads whose exits need more than their order: for the notes */
    struct unwound_calls unwound;   /* for the notes, too */
    VEC(const char *) left_out;     /* providers that no rule has named so far; under `lock` */
    pthread_mutex_t lock;           /* of left_out, which the poller reads, and other_names */
    struct other_names other_names; /* for the notes */
    struct session_poller *poller;
    struct error trouble; /* what the poller has found, until it is stopped; printed already */
    bool pending_told;    /* that the session daemon does not answer while the program runs */
};

/* Chooses the session, loads the back end, and makes this the tracer's sink. -EINPROGRESS: a call
   to the daemons is still pending. */
MUST_CHECK int lttng_sink_open(struct tracer *tracer, struct error *err);

#endif
