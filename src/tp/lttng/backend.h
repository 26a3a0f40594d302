/* SPDX-License-Identifier: MIT */
/* The interface of the LTTng back end. The back end is in libptrace_tracer_lttng.so, which
   backend_load() loads. */
#ifndef TP_LTTNG_BACKEND_H
#define TP_LTTNG_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/hit_sink.h"
#include "model/probe.h"
#include "util/error.h"
#include "util/load.h"
#include "util/log.h"

struct backend; /* opaque */
struct record_redirect;

/* Exported by libptrace_tracer_lttng.so as `backend_lttng_ops`. */
struct backend_ops {
    /* `entry_only`: functions have no exit events. `redirect`: see tp/record_redirect.h; NULL:
       none. It must outlive the back end. */
    MUST_CHECK int (*open)(unsigned log_level, bool entry_only,
                           const struct record_redirect *redirect, struct backend **backend,
                           struct error *err);
    /*
     * Registers the functions of `probes` as tracepoints (`lttng list -u` shows them). The probes
     * must outlive the back end. Call it with many probes at once. A probe that LTTng does not
     * accept is left out with a warning.
     *
     * Add tens of thousands of events after the session is started: the tracer then creates them
     * itself. Otherwise the session daemon creates all of them when it starts the session, and can
     * take longer than it waits for an application.
     */
    MUST_CHECK int (*add)(struct backend *backend, const struct probe *const *probes, size_t n,
                          struct error *err);
    /* Mask of the enum hit_kind values of the probe that a started session or a trigger has enabled
       now. */
    unsigned (*wanted)(const struct backend *backend, const struct probe *probe);
    /*
     * A number that changes when the result of wanted() may have changed. Cheap. From any thread.
     */
    uint64_t (*generation)(struct backend *backend);
    /* Records a hit in each session that has it enabled. From any thread, one at a time. Does not
       allocate. */
    void (*emit)(struct backend *backend, const struct hit *hit);
    /* From any thread. The values may be slightly out of date. */
    void (*counts)(const struct backend *backend, struct hit_counts *counts);
    void (*close)(struct backend *backend);

    /* The rest is for redirects. */

    /* Records a hit with LTTng in one channel (see struct record_place) if that has it enabled.
       Sends it to no trigger. Otherwise like emit(). */
    void (*emit_in_channel)(struct backend *backend, const struct hit *hit, const void *channel);
    /* The different sessions (see struct record_place) that record one of our events now: at most
       `max`. Returns their number. Not on the hit path. */
    size_t (*sessions)(struct backend *backend, const void **sessions, size_t max);
};

/*
 * Loads the back end (see util/load.h). liblttng-ust reads its environment and connects to the
 * session daemons in its constructor: set LTTNG_HOME and the user, and start the daemon, before. On
 * failure: NULL, err is set.
 */
static inline const struct backend_ops *backend_load(struct error *err)
{
    return load_symbol("ptrace_tracer_lttng", "backend_lttng_ops",
                       "liblttng-ust (Debian: liblttng-ust1)", err);
}

#endif
