/* SPDX-License-Identifier: MIT */
/*
 * The LTTng back end as the rest of the tracer sees it. It lives in libptrace_tracer_lttng.so,
 * which is loaded only once the environment liblttng-ust reads in its constructor is decided: see
 * backend_load().
 */
#ifndef TP_LTTNG_BACKEND_H
#define TP_LTTNG_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/hit_sink.h"
#include "model/probe.h"
#include "tp/load.h"
#include "util/error.h"
#include "util/log.h"

struct backend; /* opaque: the back end's own */

/* What libptrace_tracer_lttng.so exports under the name `backend_lttng_ops`. */
struct backend_ops {
    /* With `entry_only` functions have no exit events. */
    MUST_CHECK int (*open)(unsigned log_level, bool entry_only, struct backend **backend,
                           struct error *err);
    /*
     * Makes the functions of `probes` known to LTTng as tracepoints (`lttng list -u` shows them)
     * and remembers them; the probes must outlive the back end. Call with many at once. A probe
     * that cannot be registered is left out with a warning; the others stay whole. Tens of
     * thousands are best added once the session is started: to create the events of a session is
     * then our own work, while starting a session with all of them there can take the daemon longer
     * than it waits for an application.
     */
    MUST_CHECK int (*add)(struct backend *backend, const struct probe *const *probes, size_t n,
                          struct error *err);
    /* Mask of enum hit_kind that some started session wants of the probe at this moment. */
    unsigned (*wanted)(const struct backend *backend, const struct probe *probe);
    /* A number that changes whenever some wanted() may have changed. Cheap; from any thread. */
    uint64_t (*generation)(struct backend *backend);
    /* Records a hit in every session that wants it. From any thread, one at a time; allocates
       nothing. */
    void (*emit)(struct backend *backend, const struct hit *hit);
    /* From any thread; a moment old. */
    void (*counts)(const struct backend *backend, struct hit_counts *counts);
    void (*close)(struct backend *backend);
};

/*
 * Loads the back end from beside the running executable (../lib/, or ../lib/ptrace_tracer/, or
 * where `make install` put it). liblttng-ust connects to the session daemons right here, so
 * LTTNG_HOME, the user and the daemon must be decided before. NULL with err filled on failure.
 */
static inline const struct backend_ops *backend_load(struct error *err)
{
    return load_symbol("ptrace_tracer_lttng", "backend_lttng_ops", err);
}

#endif
