/* SPDX-License-Identifier: MIT */
/*
 * The session poller: a thread that asks the session daemon at intervals which event rules its
 * sessions have and whether the session still records. The daemon may answer late, and does not
 * answer while its consumer is stopped, so neither the engine nor the watcher asks it.
 */
#ifndef CLI_SESSION_POLLER_H
#define CLI_SESSION_POLLER_H

#include "util/error.h"

struct lttng_sink;
struct session_poller;

/* Call it when the session is chosen. -ENOMEM or -EAGAIN: no thread. */
MUST_CHECK int session_poller_start(struct lttng_sink *sink, struct session_poller **poller);
/* Polls once more and ends the thread. Does nothing with NULL. */
void session_poller_stop(struct session_poller *poller);

#endif
