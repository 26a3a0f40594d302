/* SPDX-License-Identifier: MIT */
/*
 * The traces of --in-process: for each session that wants our events, a trace of our own in its
 * directory, "in-process-PID", beside LTTng's. Its records have the times of the hits.
 *
 * liblttng-ust does not tell which session its structures belong to. They are matched with the
 * daemon's sessions by elimination: if there is one session that is not matched and wants our
 * events, and liblttng-ust has one that is not matched and records them, these are the same. Where
 * that does not tell, and where there is no local directory, records go to LTTng, and a line says
 * so.
 */
#ifndef CLI_IN_PROCESS_TRACES_H
#define CLI_IN_PROCESS_TRACES_H

#include "cli/record_routes.h"
#include "tp/lttng/backend.h"
#include "tp/session/session.h"
#include "util/error.h"

struct in_process_traces;

MUST_CHECK int in_process_traces_new(struct in_process_traces **result, struct error *err);
/* NULL is allowed. After the back end was closed. */
void in_process_traces_free(struct in_process_traces *traces);

/* What sends hits to the traces. */
struct record_routes *in_process_traces_routes(struct in_process_traces *traces);
/* After the back end was opened with the redirect of the routes. */
void in_process_traces_start(struct in_process_traces *traces, const struct session_ops *ops,
                             struct session *session, const struct backend_ops *backend_ops,
                             struct backend *backend);
/* The back end's generation has this value. Waits for a moment, once for each value, until what
   records our events now is matched: hits that come afterwards are in the right trace even if their
   session is destroyed at once. From any thread but that of in_process_traces_poll(), often. */
void in_process_traces_await_matches(struct in_process_traces *traces, uint64_t generation);
/* Matches new sessions, and writes the traces of those that were stopped. Waits for the session
   daemon and for the disk. Call it often, on one thread. `last`: no hits come any more, and what is
   not matched goes to LTTng. */
void in_process_traces_poll(struct in_process_traces *traces, bool last);
/* After the last poll, when the session has ended: writes and closes all traces. 0, or a negative
   errno: not all could be written, which was told already. */
MUST_CHECK int in_process_traces_finish(struct in_process_traces *traces);

/* Adds what is not in the counts of the back end. From any thread; after in_process_traces_finish()
   records that could not be written count as lost. */
void in_process_traces_count(const struct in_process_traces *traces, struct hit_counts *counts);

/* After the end: whether all records of the session that the tracer has chosen are in a trace of
   our own. */
bool in_process_traces_have_all(const struct in_process_traces *traces);

#endif
