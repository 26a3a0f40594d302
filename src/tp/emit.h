/* Hits into the rings of sessions. */
#ifndef TP_EMIT_H
#define TP_EMIT_H

#include <stdint.h>

#include "ptrace/hit.h"
#include "tp/event_class.h"

struct speaker;
struct patience;

/* What became of hits. */
struct emit_counts {
    uint64_t written;   /* records that went into a ring */
    uint64_t lost;      /* records a ring had no room for */
    uint64_t triggered; /* triggers whose condition was met */
};

/*
 * Records the hit in every session that wants the event, then wakes every trigger that waits for
 * it. Adds what became of it to the counts. Allocates nothing and waits for nothing but, in
 * channels made to block, for a ring (tp/patience.h). Several threads may emit at the same time.
 */
void emit_hit(struct speaker *speaker, struct patience *patience, const struct event *event,
              const struct hit *hit, struct emit_counts *counts);

#endif
