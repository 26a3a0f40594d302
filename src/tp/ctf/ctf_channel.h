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

    /* 1 for each event that has a record. A change is counted in n_new. */
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
