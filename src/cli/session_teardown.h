/* SPDX-License-Identifier: MIT */
/*
 * The end of the recording. LTTng's daemons may not answer any more. Each call runs as a timed
 * call, which is given up when the daemons have not answered for too long or when a signal comes.
 */
#ifndef CLI_SESSION_TEARDOWN_H
#define CLI_SESSION_TEARDOWN_H

#include "util/error.h"

struct lttng_sink;

/*
 * Each returns 0 or a negative errno. -EINPROGRESS: the call was given up and is pending. The
 * reason was printed, and tracer->run.abandoned is set: the session and all that the call uses must
 * stay. Only after the watcher was stopped.
 */

/* Ends the session poller and waits for pending calls. */
MUST_CHECK int session_teardown_stop_poller(struct lttng_sink *sink, struct error *err);
/* Stops the session. Destroys it if the tracer created it. */
MUST_CHECK int session_teardown_end(struct lttng_sink *sink, struct error *err);
/* Undoes what session_teardown_end() did not end. */
MUST_CHECK int session_teardown_discard(struct lttng_sink *sink, struct error *err);

#endif
