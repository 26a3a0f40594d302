/* SPDX-License-Identifier: MIT */
#include "tp/lttng/tracepoint_state.h"

#include <urcu/system.h>

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

/* Adds the active sessions that the tracepoint's events belong to. Returns the new number. */
static size_t add_sessions(const struct lttng_ust_tracepoint *tracepoint, const void **sessions,
                           size_t n, size_t max)
{
    lttng_ust_tp_rcu_read_lock();
    const struct lttng_ust_tracepoint_probe *probe =
        __atomic_load_n(&tracepoint->probes, __ATOMIC_ACQUIRE);
    for (; probe && probe->func; probe++) {
        const struct lttng_ust_event_common *event = probe->data;
        if (probe->func != event_probe_callback || event->type != LTTNG_UST_EVENT_TYPE_RECORDER)
            continue;
        const struct lttng_ust_event_recorder *recorder = event->child;
        const struct lttng_ust_session *session = recorder->chan->parent->session;
        bool known = !CMM_ACCESS_ONCE(session->active);
        for (size_t i = 0; i < n && !known; i++)
            known = sessions[i] == session;
        if (!known && n < max)
            sessions[n++] = session;
    }
    lttng_ust_tp_rcu_read_unlock();
    return n;
}

size_t tracepoint_states_sessions(struct tracepoint_states *states, const void **sessions,
                                  size_t max)
{
    size_t n = 0;
    pthread_mutex_lock(&states->lock);
    for (struct event_batch *batch = states->batches; batch; batch = batch->next)
        for (size_t i = 0; i < batch->n_events; i++)
            if (event_is_wanted(&batch->events[i]))
                n = add_sessions(&batch->tracepoints[i], sessions, n, max);
    pthread_mutex_unlock(&states->lock);
    return n;
}

void tracepoint_states_free(struct tracepoint_states *states)
{
    event_batches_retire(states->batches);
    states->batches = NULL;
    pthread_mutex_destroy(&states->lock);
}
