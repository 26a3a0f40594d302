/* SPDX-License-Identifier: MIT */
/*
 * The end of the recording. LTTng's daemons may not answer any more, so what asks them is an errand
 * that is given up when they have owed an answer for too long, or when the user has had enough.
 */
#ifndef CLI_SESSION_TEARDOWN_H
#define CLI_SESSION_TEARDOWN_H

#include "util/error.h"

struct lttng_sink;

/*
 * Each is 0, or what is wrong; -EINPROGRESS: it was given up. That is said in one line,
 * tracer->run.abandoned is set, and so the session and all that its threads use stay as they are.
 * To be called when the watcher is stopped.
 */

/* Ends the attendant, if there is one, and waits for the errands that are owed. */
MUST_CHECK int session_teardown_stop_poller(struct lttng_sink *sink, struct error *err);
/* Stops the session, and destroys an own one. */
MUST_CHECK int session_teardown_end(struct lttng_sink *sink, struct error *err);
/* Undoes what was not ended. */
MUST_CHECK int session_teardown_discard(struct lttng_sink *sink, struct error *err);

#endif
