/* SPDX-License-Identifier: MIT */
/*
 * A call that may wait for ever: for LTTng's daemons, or for a reader of a FIFO. It runs on a
 * thread of its own. The caller can give it up and go on; the call is then pending until it
 * returns.
 */
#ifndef CLI_TIMED_CALL_H
#define CLI_TIMED_CALL_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "util/error.h"

/* All calls of a tracer. */
struct timed_calls {
    pthread_mutex_t lock;
    unsigned n_pending;
    pthread_cond_t none_pending;
};

struct timed_call {
    int (*work)(void *data, struct error *err); /* 0 or a negative errno with err */
    void *data;
    void (*release)(void *data); /* called with data after the work; NULL: data is not owned */
    /* Called on the caller's thread several times a second. true: gives the call up, with the
       reason in err. */
    bool (*give_up)(void *data, int64_t waited_ms, struct error *err);
    void *give_up_data;
};

void timed_calls_init(struct timed_calls *calls);
void timed_calls_destroy(struct timed_calls *calls);
/* Runs it and returns what the work returned. -EINPROGRESS, with the reason of give_up(): it is
   pending, and still uses `calls` and the data. Where no thread can be made, the work runs on the
   caller's thread. */
MUST_CHECK int timed_call_run(struct timed_calls *calls, const struct timed_call *call,
                              struct error *err);
bool timed_calls_are_pending(struct timed_calls *calls);
void timed_calls_wait(struct timed_calls *calls);

#endif
