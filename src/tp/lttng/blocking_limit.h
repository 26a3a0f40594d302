/* SPDX-License-Identifier: MIT */
/*
 * How long a record may wait for room in a ring. A channel may be made to block the application
 * (lttng-enable-channel(1), --blocking-timeout): that is right while somebody empties the rings,
 * and nothing is lost then. When nobody does any more, each record would wait anew, and the traced
 * program would crawl. So after a record was lost, the next ones of its channel wait for nothing
 * until one finds room again.
 */
#ifndef TP_LTTNG_BLOCKING_LIMIT_H
#define TP_LTTNG_BLOCKING_LIMIT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    BLOCKING_LIMIT_MS = 1000, /* the most a record waits, whatever the channel says */
    PATIENCE_PLACES = 64,
};

/* Channels that are given up on, by a hash of their address: two of one place make each other wait
   anew, which is only slower. Starts zeroed. From any thread. */
struct blocking_limit {
    atomic_uintptr_t given_up[PATIENCE_PLACES];
};

/* Milliseconds that a record may wait for room in a ring of the channel. */
int blocking_limit_for(const struct blocking_limit *patience, const void *channel);
/* What became of it. */
void blocking_limit_learn(struct blocking_limit *patience, const void *channel, bool lost);

#endif
