/* SPDX-License-Identifier: MIT */
/*
 * How long a record may wait for ring buffer space. A channel can block the application until there
 * is space (lttng-enable-channel(1), --blocking-timeout). When the consumer daemon no longer
 * empties the ring buffers, each record would wait for the whole timeout and the traced program
 * would nearly stop. So after a lost record, the records of that channel do not wait until one
 * finds space again.
 */
#ifndef TP_LTTNG_BLOCKING_LIMIT_H
#define TP_LTTNG_BLOCKING_LIMIT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    BLOCKING_LIMIT_MS = 1000, /* maximum, whatever the channel's timeout is */
    FULL_SLOTS = 64,
};

/* The channels that lost their last record, by a hash of their address. Two channels in one slot
   overwrite each other: then records wait more often. Starts zeroed. From any thread. */
struct blocking_limit {
    atomic_uintptr_t full[FULL_SLOTS];
};

/* How long a record may wait for space in a ring buffer of the channel, in ms. */
int blocking_limit_for(const struct blocking_limit *limit, const void *channel);
/* Notes whether the last record of the channel was lost. */
void blocking_limit_note(struct blocking_limit *limit, const void *channel, bool lost);

#endif
