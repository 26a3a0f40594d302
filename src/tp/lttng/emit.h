/* SPDX-License-Identifier: MIT */
/* Hits into the rings of sessions. */
#ifndef TP_LTTNG_EMIT_H
#define TP_LTTNG_EMIT_H

#include <stdatomic.h>
#include <stdint.h>

#include "model/hit.h"
#include "tp/lttng/event_class.h"

struct ust_identity;
struct blocking_limit;

/* What became of hits. Whoever emits changes it; others may read it meanwhile. */
struct emit_counts {
    _Atomic uint64_t written;   /* records that went into a ring */
    _Atomic uint64_t lost;      /* records a ring had no room for */
    _Atomic uint64_t triggered; /* hits that met the condition of a trigger, or of several */
};

/* From any thread; a moment old. */
static inline uint64_t emit_count(const _Atomic uint64_t *count)
{
    return atomic_load_explicit(count, memory_order_relaxed);
}

/*
 * Records the hit in every session that wants the event, then wakes every trigger that waits for
 * it. Adds what became of it to the counts. Allocates nothing and waits for nothing but, in
 * channels made to block, for a ring (tp/lttng/blocking_limit.h). Threads emit one at a time.
 */
void emit_hit(struct ust_identity *speaker, struct blocking_limit *patience,
              const struct event *event, const struct hit *hit, struct emit_counts *counts);

#endif
