/* SPDX-License-Identifier: MIT */
/* Watches the states of our tracepoints, which show what sessions and triggers enable. */
#ifndef TP_LTTNG_TRACEPOINT_STATE_H
#define TP_LTTNG_TRACEPOINT_STATE_H

#include <pthread.h>
#include <stdint.h>

#include "tp/lttng/event_class.h"

struct tracepoint_states {
    struct event_batch *batches; /* newest first */
    pthread_mutex_t lock;        /* of all of this, and of the batches' `last_states` */
    uint64_t generation;
};

void tracepoint_states_init(struct tracepoint_states *states);
/* Adds a batch. Takes its ownership. */
void tracepoint_states_add(struct tracepoint_states *states, struct event_batch *batch);
/* A number that changes when the state of a tracepoint may have changed since the last call, or a
   batch was added. From any thread. Takes less than a millisecond for 50,000 events. */
uint64_t tracepoint_states_generation(struct tracepoint_states *states);
/* The different sessions that have one of the events enabled and are active, as addresses in
   liblttng-ust: at most `max`. Returns their number. */
size_t tracepoint_states_sessions(struct tracepoint_states *states, const void **sessions,
                                  size_t max);
/* Unregisters all batches. No other thread may use the states any more. */
void tracepoint_states_free(struct tracepoint_states *states);

/* Whether a session or a trigger has the event enabled now. */
static inline bool event_is_wanted(const struct event *event)
{
    return __atomic_load_n(&event->tracepoint->state, __ATOMIC_RELAXED) != 0;
}

#endif
