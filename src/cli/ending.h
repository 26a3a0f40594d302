/*
 * The end of the recording. LTTng's daemons may not answer any more, so what asks them is done on a
 * thread of its own, and given up when they have owed an answer for too long.
 */
#ifndef CLI_ENDING_H
#define CLI_ENDING_H

#include "cli/tracer.h"
#include "util/error.h"

/*
 * Each is 0, or what is wrong; -ETIMEDOUT: the daemon does not answer. That is said in one line,
 * tracer->abandoned is set, and so the session and all that its threads use stay as they are.
 */

/* Ends the attendant, if there is one. */
MUST_CHECK int ending_stop_attendant(struct tracer *tracer, struct error *err);
/* Stops the session, and destroys an own one. */
MUST_CHECK int ending_end_session(struct tracer *tracer, struct error *err);
/* Undoes what was not ended. */
MUST_CHECK int ending_discard_session(struct tracer *tracer, struct error *err);

#endif
