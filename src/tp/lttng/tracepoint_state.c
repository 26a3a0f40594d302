/* SPDX-License-Identifier: MIT */
#include "tp/lttng/tracepoint_state.h"

void tracepoint_states_init(struct tracepoint_states *states)
{
    *states = (struct tracepoint_states){.lock = PTHREAD_MUTEX_INITIALIZER};
}

void tracepoint_states_add(struct tracepoint_states *states, struct event_batch *batch)
{
    pthread_mutex_lock(&states->lock);
    batch->next = states->batches;
    states->batches = batch;
    states->generation++;
    pthread_mutex_unlock(&states->lock);
}

uint64_t tracepoint_states_generation(struct tracepoint_states *states)
{
    pthread_mutex_lock(&states->lock);
    bool changed = false;
    for (struct event_batch *batch = states->batches; batch; batch = batch->next)
        for (size_t i = 0; i < batch->n_events; i++) {
            /* liblttng-ust's listener thread may change it at any time: the next call sees that. */
            uint8_t state = __atomic_load_n(&batch->tracepoints[i].state, __ATOMIC_RELAXED) != 0;
            changed |= state != batch->last_states[i];
            batch->last_states[i] = state;
        }
    states->generation += changed;
    uint64_t generation = states->generation;
    pthread_mutex_unlock(&states->lock);
    return generation;
}

void tracepoint_states_free(struct tracepoint_states *states)
{
    event_batches_retire(states->batches);
    states->batches = NULL;
    pthread_mutex_destroy(&states->lock);
}
