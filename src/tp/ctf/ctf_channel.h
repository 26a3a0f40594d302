/* SPDX-License-Identifier: MIT */
/* A channel: a stream class of a trace, with a few streams for each CPU. */
#ifndef TP_CTF_CTF_CHANNEL_H
#define TP_CTF_CTF_CHANNEL_H

#include <stdbool.h>

#include "tp/ctf/ctf_encode.h"
#include "tp/ctf/ctf_event.h"
#include "tp/ctf/ctf_stream.h"
#include "tp/ctf/ctf_trace.h"

/*
 * Hits do not come in order of time: those of several tracers' threads a little late, and one of a
 * thread that was preempted while it recorded much later. Each goes to the first stream of its CPU
 * in which it is in order.
 */
enum { CTF_LANES = 8 };

/* How hits were served: an event has an ID for each way. */
enum ctf_way { CTF_BY_STOP = 1, CTF_BY_JUMP = 2 };

static inline uint32_t ctf_event_id(uint32_t event, enum ctf_way way)
{
    return way == CTF_BY_JUMP ? event | CTF_JUMP_IDS : event;
}

struct ctf_channel {
    struct ctf_channel *next; /* of the trace */
    struct ctf_trace *trace;
    uint32_t id;
    const struct ctf_events *events;
    struct ctf_packet_source source;
    enum ctf_context contexts[CTF_CONTEXTS_MAX];
    size_t n_contexts, context_size;

    uint32_t n_cpus;
    struct ctf_stream *streams; /* n_cpus * CTF_LANES */
    _Atomic(struct ctf_stream *) used;

    /* For each event that has a record a mask of enum ctf_way. A change is counted in n_new. */
    uint8_t *has[CTF_EVENT_CHUNKS];
    _Atomic uint32_t n_new;
    _Atomic uint64_t late;

    /* Of the writer's thread: the same for events that are in the metadata. */
    uint8_t *described[CTF_EVENT_CHUNKS];
    uint32_t n_described, seen_new;
    bool is_described;
};

/* NULL: out of memory. */
struct ctf_channel *ctf_channel_new(const struct ctf_events *events,
                                    const enum ctf_context *contexts, size_t n, uint32_t n_cpus);
void ctf_channel_free(struct ctf_channel *channel);
/* Makes room for the events of a chunk. */
MUST_CHECK int ctf_channel_add_chunk(struct ctf_channel *channel, uint32_t chunk);

#endif
