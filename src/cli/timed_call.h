/* SPDX-License-Identifier: MIT */
/*
 * An errand: work that waits for LTTng's daemons, or for whoever opens the other end of a pipe, and
 * so perhaps for ever. It is done on a thread of its own, and who sent it goes on without it when
 * there is nothing to hope for: such a one is owed.
 */
#ifndef CLI_TIMED_CALL_H
#define CLI_TIMED_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/tracer.h"
#include "util/error.h"

struct timed_call {
    int (*work)(void *data, struct error *err); /* 0 or a negative errno with err */
    void *data;
    void (*release)(void *data); /* of the data, once the work is done; NULL: it is not owned */
    /* Asked on the sender's thread several times a second: whether not to wait any longer. With
       why, in err. */
    bool (*hopeless)(struct tracer *tracer, int64_t waited_ms, struct error *err);
};

/*
 * What the work returned. -EINPROGRESS, with what `hopeless` said: it is owed, and goes on using
 * the tracer, its session and the data. Where no thread can be made the work is done at once.
 */
MUST_CHECK int timed_call_run(struct tracer *tracer, const struct timed_call *errand,
                              struct error *err);
/* Whether one is owed. */
bool timed_call_is_pending(struct tracer *tracer);
/* Waits until none is. */
void timed_call_wait_pending(struct tracer *tracer);

#endif
