/* SPDX-License-Identifier: MIT */
/* What sessions want, as the states of our tracepoints tell it, watched while running. */
#ifndef TP_LTTNG_TRACEPOINT_STATE_H
#define TP_LTTNG_TRACEPOINT_STATE_H

#include <pthread.h>
#include <stdint.h>

#include "tp/lttng/event_class.h"

struct tracepoint_states {
    struct event_batch *batches; /* newest first; batches are only added while others look */
    pthread_mutex_t lock;        /* of what follows, and of the batches' `seen` */
    uint64_t generation;
};

void tracepoint_states_init(struct tracepoint_states *rules);
/* Adds a batch, which becomes the rules'. */
void tracepoint_states_add(struct tracepoint_states *rules, struct event_batch *batch);
/*
 * A number that changes whenever the state of some tracepoint may have changed since the last call,
 * or a batch was added. From any thread; 50,000 events take less than a millisecond.
 */
uint64_t tracepoint_states_generation(struct tracepoint_states *rules);
/* Unregisters all batches. Nobody may look any more. */
void tracepoint_states_free(struct tracepoint_states *rules);

/* Whether some session or trigger wants the event at this moment. */
static inline bool rules_wanted(const struct event *event)
{
    return __atomic_load_n(&event->tracepoint->state, __ATOMIC_RELAXED) != 0;
}

#endif
