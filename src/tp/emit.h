/* Hits into the rings of sessions. */
#ifndef TP_EMIT_H
#define TP_EMIT_H

#include <stdint.h>

#include "ptrace/hit.h"
#include "tp/event_class.h"

struct speaker;

/*
 * Records the hit in every session that wants the event and wakes every trigger that waits for it.
 * Adds to *written and *lost what became of the records. Allocates nothing and waits for nothing
 * but, in channels made to block, for a ring. Several threads may emit at the same time.
 */
void emit_hit(struct speaker *speaker, const struct event *event, const struct hit *hit,
              uint64_t *written, uint64_t *lost);

#endif
