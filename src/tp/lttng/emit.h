/* SPDX-License-Identifier: MIT */
/* Writes hits to the ring buffers of sessions. */
#ifndef TP_LTTNG_EMIT_H
#define TP_LTTNG_EMIT_H

#include <stdatomic.h>
#include <stdint.h>

#include "model/hit.h"
#include "tp/lttng/event_class.h"

struct record_redirect;
struct ust_identity;
struct blocking_limit;

/* Results of all hits. The emitting thread writes them, others may read them at the same time. */
struct emit_counts {
    _Atomic uint64_t written;   /* records written to a ring buffer */
    _Atomic uint64_t lost;      /* records dropped because a ring buffer was full */
    _Atomic uint64_t triggered; /* hits that matched the condition of one or more triggers */
};

/* From any thread. The value may be slightly out of date. */
static inline uint64_t emit_count(const _Atomic uint64_t *count)
{
    return atomic_load_explicit(count, memory_order_relaxed);
}

/* What all emissions of a back end share. */
struct emit_state {
    struct ust_identity *identity;
    struct blocking_limit *limit;
    const struct record_redirect *redirect; /* NULL: LTTng records all */
    struct emit_counts counts;
};

/*
 * Records the hit in each session that has the event enabled, then sends it to each trigger that
 * matches it, and updates the counts. The time stamp in LTTng's records is that of this call, not
 * the hit's: an older one could make a shared stream unreadable. Does not allocate. Does not wait,
 * except for ring buffer space in blocking channels (tp/lttng/blocking_limit.h). One thread at a
 * time.
 */
void emit_hit(struct emit_state *state, const struct event *event, const struct hit *hit);

/* Records the hit with LTTng in one channel (see struct record_place) if that has it enabled. Sends
   it to no trigger. Otherwise like emit_hit(). */
void emit_hit_in_channel(struct emit_state *state, const struct event *event, const struct hit *hit,
                         const void *channel);

#endif
