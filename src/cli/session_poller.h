/* SPDX-License-Identifier: MIT */
/*
 * The attendant: a thread that asks the session daemon, from time to time, what its sessions ask
 * for and whether it still records. The daemon may take as long as it likes to answer, and answers
 * nothing while its consumer is stopped: neither the engine nor the watcher shall wait for it.
 */
#ifndef CLI_SESSION_POLLER_H
#define CLI_SESSION_POLLER_H

#include "util/error.h"

struct lttng_sink;
struct session_poller;

/* Once the session is chosen. -ENOMEM or -EAGAIN: no thread. */
MUST_CHECK int session_poller_start(struct lttng_sink *sink, struct session_poller **poller);
/* Has it look once more, and ends the thread. NULL is fine. */
void session_poller_stop(struct session_poller *poller);

#endif
