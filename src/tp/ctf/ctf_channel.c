/* SPDX-License-Identifier: MIT */
#include "tp/ctf/ctf_channel.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

struct ctf_channel *ctf_channel_new(const struct ctf_events *events,
                                    const enum ctf_context *contexts, size_t n, uint32_t n_cpus)
{
    struct ctf_channel *channel = calloc(1, sizeof(*channel));
    size_t n_streams = (size_t)n_cpus * CTF_LANES;
    struct ctf_stream *streams = aligned_alloc(64, n_streams * sizeof(*streams));
    if (!channel || !streams) {
        free(channel);
        free(streams);
        return NULL;
    }
    memset(streams, 0, n_streams * sizeof(*streams));
    for (size_t i = 0; i < n_streams; i++) {
        streams[i].cpu = (uint32_t)(i / CTF_LANES);
        streams[i].lane = (uint32_t)(i % CTF_LANES);
        streams[i].fd = -1;
    }
    channel->events = events;
    channel->streams = streams;
    channel->n_cpus = n_cpus;
    for (size_t i = 0; i < n; i++)
        channel->contexts[i] = contexts[i];
    channel->n_contexts = n;
    channel->context_size = ctf_contexts_size(contexts, n);
    return channel;
}

void ctf_channel_free(struct ctf_channel *channel)
{
    for (size_t i = 0; i < CTF_EVENT_CHUNKS; i++) {
        free(channel->has[i]);
        free(channel->described[i]);
    }
    free(channel->streams);
    free(channel);
}

int ctf_channel_add_chunk(struct ctf_channel *channel, uint32_t chunk)
{
    if (!channel->has[chunk])
        channel->has[chunk] = calloc(CTF_EVENTS_CHUNK, 1);
    if (!channel->described[chunk])
        channel->described[chunk] = calloc(CTF_EVENTS_CHUNK, 1);
    return channel->has[chunk] && channel->described[chunk] ? 0 : -ENOMEM;
}

/* As LTTng records it (tp/lttng/ust_identity.c): where it is not known, the tracer's own. */
static uint32_t hit_cpu(const struct ctf_channel *channel, const struct hit *hit)
{
    if (hit->cpu >= 0 && (uint32_t)hit->cpu < channel->n_cpus)
        return (uint32_t)hit->cpu;
    int cpu = sched_getcpu();
    return cpu >= 0 && (uint32_t)cpu < channel->n_cpus ? (uint32_t)cpu : 0;
}

/* The stream for a hit of that time, which is raised if none can take it. */
static struct ctf_stream *stream_for(struct ctf_channel *channel, uint32_t cpu, uint64_t *time)
{
    struct ctf_stream *stream = &channel->streams[(size_t)cpu * CTF_LANES];
    for (int i = 1; i < CTF_LANES && stream->last_time > *time; i++)
        stream++;
    if (__builtin_expect(stream->last_time > *time, 0)) {
        *time = stream->last_time;
        atomic_fetch_add_explicit(&channel->late, 1, memory_order_relaxed);
    }
    if (__builtin_expect(!stream->used, 0)) {
        stream->used = true;
        stream->next_used = atomic_load_explicit(&channel->used, memory_order_relaxed);
        atomic_store_explicit(&channel->used, stream, memory_order_release);
    }
    return stream;
}

static void note_event(struct ctf_channel *channel, uint32_t event, enum ctf_way way)
{
    uint8_t *has = &channel->has[event / CTF_EVENTS_CHUNK][event % CTF_EVENTS_CHUNK];
    uint8_t before = __atomic_load_n(has, __ATOMIC_RELAXED);
    if (__builtin_expect(!(before & way), 0)) {
        __atomic_store_n(has, before | way, __ATOMIC_RELAXED);
        atomic_fetch_add_explicit(&channel->n_new, 1, memory_order_release);
    }
}

int ctf_channel_write(struct ctf_channel *channel, uint32_t event, const struct hit *hit)
{
    struct ctf_hit_record record;
    record.event = ctf_events_get(channel->events, event);
    enum ctf_way way = hit->by_jump ? CTF_BY_JUMP : CTF_BY_STOP;
    record.id = ctf_event_id(event, way);
    record.time = hit->time_ns;
    record.hit = hit;
    record.contexts = channel->contexts;
    record.n_contexts = channel->n_contexts;
    record.context_size = channel->context_size;
    ctf_record_measure(&record);
    note_event(channel, event, way);
    struct ctf_stream *stream = stream_for(channel, hit_cpu(channel, hit), &record.time);
    if (__builtin_expect(record.size <= CTF_RECORD_MAX, 1)) {
        unsigned char *out = ctf_stream_reserve(stream, &channel->source, record.size, record.time);
        if (out) {
            ctf_record_write(&record, out);
            ctf_stream_commit(stream, &channel->source, record.size, record.time);
            return 1;
        }
    } else {
        struct ctf_cursor out;
        if (ctf_stream_reserve_large(stream, &channel->source, record.size, record.time, &out) ==
            0) {
            ctf_record_put(&record, &out);
            ctf_stream_commit_large(stream, &channel->source, &out, record.time);
            return 1;
        }
    }
    ctf_stream_lose(stream, record.time, 1);
    return -ENOBUFS;
}

void ctf_channel_note_loss(struct ctf_channel *channel, const struct hit *hit, uint64_t n)
{
    uint64_t time = hit->time_ns;
    ctf_stream_lose(stream_for(channel, hit_cpu(channel, hit), &time), time, n);
}
