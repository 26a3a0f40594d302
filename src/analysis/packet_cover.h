/* SPDX-License-Identifier: MIT */
/*
 * Tells from the packets of an LTTng trace when its session may have been stopped: stopping leaves
 * no event, but all ring buffers are flushed, so that for a time no stream has a packet. While a
 * session is started each stream has one from its first event on: a full packet ends when the next
 * one begins.
 *
 * Snapshots and the timers of channels (live sessions have one) flush, too, which looks the same. A
 * rotation is told apart: it makes an empty packet in each stream at once.
 */
#ifndef ANALYSIS_PACKET_COVER_H
#define ANALYSIS_PACKET_COVER_H

#include <stdbool.h>
#include <stdint.h>

/* Zeroed: nothing was recorded yet. */
struct packet_cover {
    uint64_t open; /* packets */
    bool is_bare;  /* no packet is open, nor was an event seen since one was */
    uint64_t since_ns;
    const void *last_stream; /* whose packet was the last one */
    uint64_t begin_ns;       /* of the last packet that began */
};

/* `stream` tells streams of the trace apart. */
void packet_cover_begin(struct packet_cover *cover, uint64_t time_ns);
void packet_cover_end(struct packet_cover *cover, const void *stream, uint64_t time_ns);

/* An event was recorded. Whether the session may have been stopped before it, since *since_ns. */
static inline bool packet_cover_event(struct packet_cover *cover, uint64_t *since_ns)
{
    if (!cover->is_bare)
        return false;
    cover->is_bare = false;
    *since_ns = cover->since_ns;
    return true;
}

#endif
