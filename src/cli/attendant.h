/*
 * The attendant: a thread that asks the session daemon, from time to time, what its sessions ask
 * for and whether it still records. The daemon may take as long as it likes to answer, and answers
 * nothing while its consumer is stopped: neither the engine nor the watcher shall wait for it.
 */
#ifndef CLI_ATTENDANT_H
#define CLI_ATTENDANT_H

#include "cli/tracer.h"
#include "util/error.h"

struct attendant;

/* Once the session is chosen. -ENOMEM or -EAGAIN: no thread. */
MUST_CHECK int attendant_start(struct tracer *tracer, struct attendant **attendant);
/* Has it look once more, and ends the thread. NULL is fine. */
void attendant_stop(struct attendant *attendant);

#endif
