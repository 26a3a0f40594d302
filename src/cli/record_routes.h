/* SPDX-License-Identifier: MIT */
/*
 * Record routes: for each channel in which LTTng would record one of our hits, whether the record
 * goes to a trace of our own or to LTTng. The redirect of the back end.
 *
 * To find out which session a channel belongs to takes requests to the daemon, and hits do not wait
 * for these: a route is undecided at first, and its hits are pending. They are recorded, in their
 * order, when the route is decided. So no hit of a session is in the trace of another, and a
 * session's records are not in two traces.
 */
#ifndef CLI_RECORD_ROUTES_H
#define CLI_RECORD_ROUTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/hit_sink.h"
#include "tp/ctf/ctf_trace.h"
#include "tp/lttng/backend.h"
#include "tp/record_redirect.h"
#include "util/error.h"

enum { ROUTES_MAX = 64 };

struct record_routes;

MUST_CHECK int record_routes_new(struct ctf_writer *writer, struct record_routes **result);
void record_routes_free(struct record_routes *routes);

/* For backend_ops.open(). */
const struct record_redirect *record_routes_redirect(const struct record_routes *routes);
/* The back end. Call it before the first hit. */
void record_routes_set_backend(struct record_routes *routes, const struct backend_ops *ops,
                               struct backend *backend);

/* Records a hit: to be called in place of backend_ops.emit(). */
void record_routes_hit(struct record_routes *routes, const struct hit *hit);
/* Sessions may be about to be started or stopped, and all hits until now were reported. Those that
   record nothing now are stopped: our traces tell of it. From any thread; may wait. */
void record_routes_before_change(struct record_routes *routes);
/* The engine has dropped n hits: our traces tell of some with each hit that follows a drop (struct
   hit), and of all at the end. */
void record_routes_dropped(struct record_routes *routes, uint64_t n);
void record_routes_end(struct record_routes *routes);
/* Adds what is not in the counts of the back end. From any thread. */
void record_routes_count(const struct record_routes *routes, struct hit_counts *counts);

/* The following may be called from one other thread. */

/* The names of all events: an array of *n, which the caller frees. The names are valid until the
   routes are freed. NULL: out of memory. */
const char **record_routes_names(struct record_routes *routes, size_t *n);

/* A route, as it was when the call returned. */
struct route_view {
    struct record_place place;
    bool is_decided;
    bool is_lttngs;
    uint64_t since_ns; /* undecided: the time of its first hit */
};

/* Copies the routes to an array of ROUTES_MAX. Returns their number. */
size_t record_routes_list(struct record_routes *routes, struct route_view *views);
/* Decides an undecided route and records its pending hits. NULL: records go to LTTng. Does nothing
   if the route is decided. */
void record_routes_decide(struct record_routes *routes, struct record_place place,
                          struct ctf_channel *channel);
/* Forgets all routes of the session, which exists no more. */
void record_routes_forget(struct record_routes *routes, const void *session);

#endif
