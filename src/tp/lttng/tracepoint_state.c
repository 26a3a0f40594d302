/* SPDX-License-Identifier: MIT */
#include "tp/lttng/tracepoint_state.h"

void tracepoint_states_init(struct tracepoint_states *rules)
{
    *rules = (struct tracepoint_states){.lock = PTHREAD_MUTEX_INITIALIZER};
}

void tracepoint_states_add(struct tracepoint_states *rules, struct event_batch *batch)
{
    pthread_mutex_lock(&rules->lock);
    batch->next = rules->batches;
    rules->batches = batch;
    rules->generation++;
    pthread_mutex_unlock(&rules->lock);
}

uint64_t tracepoint_states_generation(struct tracepoint_states *rules)
{
    pthread_mutex_lock(&rules->lock);
    bool changed = false;
    for (struct event_batch *batch = rules->batches; batch; batch = batch->next)
        for (size_t i = 0; i < batch->n_events; i++) {
            /* liblttng-ust's listener writes it at any time; what is missed now shows next time. */
            uint8_t state = __atomic_load_n(&batch->tracepoints[i].state, __ATOMIC_RELAXED) != 0;
            changed |= state != batch->seen[i];
            batch->seen[i] = state;
        }
    rules->generation += changed;
    uint64_t generation = rules->generation;
    pthread_mutex_unlock(&rules->lock);
    return generation;
}

void tracepoint_states_free(struct tracepoint_states *rules)
{
    event_batches_retire(rules->batches);
    rules->batches = NULL;
    pthread_mutex_destroy(&rules->lock);
}
