/* SPDX-License-Identifier: MIT */
#include "tp/ctf/ctf_trace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tp/ctf/ctf_writer.h"
#include "util/log.h"

/* Makes room for another event in the list and in all channels. */
static int add_chunk(struct ctf_writer *writer, uint32_t chunk)
{
    if (chunk >= CTF_EVENT_CHUNKS)
        return -ENOSPC;
    for (struct ctf_trace *trace = writer->traces; trace; trace = trace->next)
        for (struct ctf_channel *channel = trace->channels; channel; channel = channel->next)
            if (ctf_channel_add_chunk(channel, chunk) < 0)
                return -ENOMEM;
    if (!writer->events.chunks[chunk]) {
        struct ctf_event **events = calloc(CTF_EVENTS_CHUNK, sizeof(struct ctf_event *));
        if (!events)
            return -ENOMEM;
        atomic_store_explicit(&writer->events.chunks[chunk], events, memory_order_release);
    }
    return 0;
}

int ctf_writer_add_event(struct ctf_writer *writer, const char *name, const struct field *fields,
                         size_t n_fields)
{
    if (n_fields > PROBE_FIELDS_MAX)
        return -EINVAL;
    errno = ENOMEM;
    struct ctf_event *event = ctf_event_new(name, fields, n_fields);
    if (!event)
        return -errno;
    pthread_mutex_lock(&writer->lists);
    int index = (int)writer->events.n;
    int rc = index % CTF_EVENTS_CHUNK ? 0 : add_chunk(writer, (uint32_t)index / CTF_EVENTS_CHUNK);
    if (rc == 0)
        ctf_events_put(&writer->events, event);
    pthread_mutex_unlock(&writer->lists);
    if (rc < 0) {
        free(event);
        return rc;
    }
    return index;
}

int ctf_trace_flush(struct ctf_trace *trace, struct error *err)
{
    ctf_writer_pass(trace->writer);
    int rc = atomic_load(&trace->failed);
    return rc < 0 ? error_set(err, rc, "cannot write to %s: %s", trace->path, strerror(-rc)) : 0;
}

int ctf_trace_close(struct ctf_trace *trace, struct error *err)
{
    atomic_store(&trace->closing, true);
    return ctf_trace_flush(trace, err);
}

int ctf_trace_new(struct ctf_writer *writer, const struct ctf_trace_request *request,
                  struct ctf_trace **result, struct error *err)
{
    struct ctf_trace *trace = NULL;
    int rc = ctf_trace_make(request, &trace, err);
    if (rc < 0)
        return rc;
    trace->writer = writer;
    pthread_mutex_lock(&writer->lists);
    trace->next = writer->traces;
    atomic_store_explicit(&writer->traces, trace, memory_order_release);
    pthread_mutex_unlock(&writer->lists);
    rc = ctf_trace_flush(trace, err);
    if (rc < 0) {
        (void)!ctf_trace_close(trace, NULL);
        rmdir(trace->path);
        return rc;
    }
    *result = trace;
    return 0;
}

int ctf_trace_add_channel(struct ctf_trace *trace, const enum ctf_context *contexts, size_t n,
                          struct ctf_channel **result, struct error *err)
{
    struct ctf_writer *writer = trace->writer;
    if (n > CTF_CONTEXTS_MAX)
        return error_set(err, -EINVAL, "%zu contexts are too many", n);
    struct ctf_channel *channel = ctf_channel_new(&writer->events, contexts, n, writer->n_cpus);
    if (!channel)
        return error_set(err, -ENOMEM, "out of memory");
    channel->trace = trace;
    channel->source = (struct ctf_packet_source){
        .pool = &writer->pool,
        .wakeup = &writer->wakeup,
        .stuck = &trace->stuck,
        .template = {.magic = CTF_MAGIC},
    };
    memcpy(channel->source.template.uuid, trace->description.uuid, CTF_UUID_SIZE);
    pthread_mutex_lock(&writer->lists);
    int rc = 0;
    for (uint32_t i = 0; i < CTF_EVENT_CHUNKS && writer->events.chunks[i] && rc == 0; i++)
        rc = ctf_channel_add_chunk(channel, i);
    if (rc == 0) {
        channel->id = channel->source.template.stream_id = trace->n_channels++;
        channel->next = trace->channels;
        atomic_store_explicit(&trace->channels, channel, memory_order_release);
    }
    pthread_mutex_unlock(&writer->lists);
    if (rc < 0) {
        ctf_channel_free(channel);
        return error_set(err, rc, "out of memory");
    }
    *result = channel;
    return 0;
}

/* Each channel of the session may tell of a stop, and later than of one that came after it. Packets
   must be in order. */
static int add_stop(struct ctf_trace *trace, const struct ctf_stop *stop)
{
    struct ctf_stops *stops = &trace->stops;
    size_t n_before = stops->list.count;
    if (n_before && stop->begin_ns < stops->list.items[n_before - 1].end_ns)
        return 0;
    struct error err;
    int rc = stops->channel ? 0 : ctf_trace_add_channel(trace, NULL, 0, &stops->channel, &err);
    struct ctf_stop *place = rc == 0 ? vec_push(&stops->list) : NULL;
    if (!place)
        return rc < 0 ? rc : -ENOMEM;
    *place = *stop;
    atomic_store_explicit(&stops->n, stops->list.count, memory_order_release);
    return 0;
}

void ctf_channel_note_stop(struct ctf_channel *channel, uint64_t begin_ns, uint64_t end_ns)
{
    struct ctf_trace *trace = channel->trace;
    const struct ctf_stop stop = {begin_ns, end_ns};
    pthread_mutex_lock(&trace->stops.lock);
    int rc = add_stop(trace, &stop);
    pthread_mutex_unlock(&trace->stops.lock);
    if (rc < 0)
        log_warning("%s does not tell that its session was stopped: %s", trace->path,
                    strerror(-rc));
    else
        ctf_wakeup_now(&trace->writer->wakeup);
}

int ctf_trace_set_clock_offset(struct ctf_trace *trace, int64_t offset_ns, struct error *err)
{
    if (atomic_exchange(&trace->clock_offset, offset_ns) == offset_ns)
        return 0;
    atomic_store(&trace->changed, true);
    return ctf_trace_flush(trace, err);
}

void ctf_trace_count(const struct ctf_trace *trace, struct ctf_counts *counts)
{
    *counts = (struct ctf_counts){0};
    uint64_t done = 0;
    for (struct ctf_channel *channel = trace->channels; channel; channel = channel->next) {
        counts->late += channel->late;
        for (struct ctf_stream *s = channel->used; s; s = s->next_used) {
            /* In this order: no more are done than were accepted. */
            done += s->records_done;
            counts->written += s->accepted;
            counts->lost += s->lost;
        }
    }
    counts->unwritten = counts->written - done;
}
