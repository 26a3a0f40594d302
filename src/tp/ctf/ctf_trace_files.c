/* SPDX-License-Identifier: MIT */
#include "tp/ctf/ctf_trace_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tp/ctf/ctf_stream_file.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/descriptors.h"
#include "util/log.h"

enum { RETRY_MS = 1000 };

static struct ctf_channel *first_channel(const struct ctf_trace *trace)
{
    return atomic_load_explicit(&trace->channels, memory_order_acquire);
}

static struct ctf_stream *first_stream(const struct ctf_channel *channel)
{
    return atomic_load_explicit(&channel->used, memory_order_acquire);
}

/* A mask of the ways in which hits of the event were recorded, without those that have a
   description already, unless `all`. */
static unsigned to_describe(const struct ctf_channel *channel, uint32_t event, bool all)
{
    uint32_t chunk = event / CTF_EVENTS_CHUNK, i = event % CTF_EVENTS_CHUNK;
    unsigned ways = __atomic_load_n(&channel->has[chunk][i], __ATOMIC_RELAXED);
    return all ? ways : ways & ~(unsigned)channel->described[chunk][i];
}

static void set_described(struct ctf_channel *channel, uint32_t event, unsigned ways)
{
    channel->described[event / CTF_EVENTS_CHUNK][event % CTF_EVENTS_CHUNK] |= (uint8_t)ways;
}

/* Describes the event, once for each of the ways. */
static int describe_event(FILE *out, const struct ctf_channel *channel, uint32_t event,
                          unsigned ways)
{
    const struct ctf_event *description = ctf_events_get(channel->events, event);
    int rc = 0;
    for (unsigned way = CTF_BY_STOP; way <= CTF_BY_JUMP && rc == 0; way <<= 1)
        if (ways & way)
            rc = ctf_text_event(out, description, ctf_event_id(event, way), channel->id);
    return rc;
}

/* Writes all of the metadata anew. */
static int replace_metadata(struct ctf_trace *trace, struct ctf_channel *channels)
{
    cleanup(cleanup_free) char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return -ENOMEM;
    trace->description.clock_offset = atomic_load(&trace->clock_offset);
    ctf_text_trace(out, &trace->description);
    int rc = 0;
    for (struct ctf_channel *channel = channels; channel; channel = channel->next) {
        uint32_t n_new = atomic_load_explicit(&channel->n_new, memory_order_acquire);
        uint32_t n = atomic_load_explicit(&channel->events->n, memory_order_acquire);
        ctf_text_stream(out, channel->id, channel->contexts, channel->n_contexts);
        for (uint32_t i = 0; i < n && rc == 0; i++) {
            unsigned ways = to_describe(channel, i, true);
            rc = describe_event(out, channel, i, ways);
            set_described(channel, i, ways);
        }
        channel->seen_new = n_new;
        channel->is_described = true;
    }
    bool complete = !ferror(out);
    if (fclose(out) != 0 || !complete)
        rc = -ENOMEM;
    return rc < 0 ? rc : ctf_metadata_replace(&trace->metadata, text, size);
}

/* Appends the description of the event in these ways or, if there are none, of the channel. */
static int append_description(struct ctf_trace *trace, const struct ctf_channel *channel,
                              uint32_t event, unsigned ways)
{
    cleanup(cleanup_free) char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return -ENOMEM;
    int rc = 0;
    if (ways)
        rc = describe_event(out, channel, event, ways);
    else
        ctf_text_stream(out, channel->id, channel->contexts, channel->n_contexts);
    bool complete = !ferror(out);
    if (fclose(out) != 0 || !complete)
        rc = -ENOMEM;
    return rc < 0 ? rc : ctf_metadata_append(&trace->metadata, text, size);
}

static int describe_channel(struct ctf_trace *trace, struct ctf_channel *channel)
{
    if (!channel->is_described) {
        int rc = append_description(trace, channel, 0, 0);
        if (rc < 0)
            return rc;
        channel->is_described = true;
    }
    uint32_t n_new = atomic_load_explicit(&channel->n_new, memory_order_acquire);
    if (n_new == channel->seen_new)
        return 0;
    uint32_t n = atomic_load_explicit(&channel->events->n, memory_order_acquire);
    for (uint32_t i = 0; i < n; i++) {
        unsigned ways = to_describe(channel, i, false);
        int rc = ways ? append_description(trace, channel, i, ways) : 0;
        if (rc < 0)
            return rc;
        set_described(channel, i, ways);
    }
    channel->seen_new = n_new;
    return 0;
}

static int write_metadata(struct ctf_trace *trace, struct ctf_channel *channels)
{
    if (atomic_exchange(&trace->changed, false))
        trace->must_replace = true;
    int rc = 0;
    for (struct ctf_channel *c = channels; c && rc == 0 && !trace->must_replace; c = c->next)
        rc = describe_channel(trace, c);
    if (rc == -E2BIG)
        trace->must_replace = true;
    else if (rc < 0)
        return rc;
    if (!trace->must_replace)
        return 0;
    rc = replace_metadata(trace, channels);
    if (rc == 0)
        trace->must_replace = false;
    return rc;
}

static void note_error(struct ctf_trace *trace, int rc, const char *name)
{
    atomic_store(&trace->failed, rc);
    atomic_store(&trace->stuck, true);
    trace->retry_ms = clock_ms() + RETRY_MS;
    if (trace->began && !trace->said)
        log_error("cannot write to %s/%s: %s: events that find no room in memory are lost until "
                  "it can be written again",
                  trace->path, name, strerror(-rc));
    trace->said |= trace->began;
}

static void write_files(struct ctf_trace *trace, struct ctf_channel *channels)
{
    int rc = write_metadata(trace, channels);
    if (rc < 0) {
        note_error(trace, rc, "metadata");
        return;
    }
    trace->began = true;
    for (struct ctf_channel *channel = channels; channel; channel = channel->next) {
        struct ctf_stream_place place = {trace->directory, channel->id};
        for (struct ctf_stream *s = first_stream(channel); s; s = s->next_used) {
            int failed = ctf_stream_write(s, &channel->source, &place);
            ctf_stream_close(s, false);
            if (failed < 0 && rc == 0) {
                char name[CTF_STREAM_NAME_MAX];
                ctf_stream_name(s, &place, name);
                note_error(trace, failed, name);
                rc = failed;
            }
        }
    }
    int failed = ctf_stops_write(&trace->stops, trace->directory);
    if (failed < 0 && rc == 0)
        note_error(trace, rc = failed, "a stream");
    if (rc < 0)
        return;
    atomic_store(&trace->failed, 0);
    atomic_store(&trace->stuck, false);
    trace->retry_ms = 0;
}

static void close_files(struct ctf_trace *trace)
{
    if (trace->metadata.fd >= 0)
        close(take_fd(&trace->metadata.fd));
    if (trace->directory >= 0)
        close(take_fd(&trace->directory));
}

void ctf_trace_finish(struct ctf_trace *trace)
{
    if (trace->closed)
        return;
    for (struct ctf_channel *channel = first_channel(trace); channel; channel = channel->next) {
        struct ctf_stream_place place = {trace->directory, channel->id};
        for (struct ctf_stream *s = first_stream(channel); s; s = s->next_used) {
            if (trace->began && ctf_stream_give_up(s, &channel->source, &place) < 0)
                log_debug("the number of lost events is not in %s", trace->path);
            ctf_stream_close(s, true);
            ctf_stream_release(s, channel->source.pool);
        }
    }
    close_files(trace);
    trace->closed = true;
    trace->retry_ms = 0;
}

bool ctf_trace_pass(struct ctf_trace *trace, bool now)
{
    if (trace->closed)
        return false;
    bool closing = atomic_load(&trace->closing);
    bool news = atomic_load(&trace->changed);
    news |= ctf_stops_look(&trace->stops);
    /* First the records, then the events that they have: each event of a record is known then. */
    struct ctf_channel *channels = first_channel(trace);
    for (struct ctf_channel *channel = channels; channel; channel = channel->next)
        for (struct ctf_stream *s = first_stream(channel); s; s = s->next_used)
            news |= ctf_stream_look(s);
    now |= closing;
    bool retry = trace->retry_ms && (now || clock_ms() >= trace->retry_ms);
    if (retry || (!trace->retry_ms && (news || now)))
        write_files(trace, channels);
    if (closing)
        ctf_trace_finish(trace);
    return news;
}

int ctf_trace_retry_in(const struct ctf_trace *trace)
{
    if (!trace->retry_ms)
        return -1;
    int64_t rest = trace->retry_ms - clock_ms();
    return rest < 0 ? 0 : (int)rest;
}

void ctf_trace_destroy(struct ctf_trace *trace)
{
    for (struct ctf_channel *next, *channel = first_channel(trace); channel; channel = next) {
        next = channel->next;
        ctf_channel_free(channel);
    }
    close_files(trace);
    ctf_stops_free(&trace->stops);
    free(trace->description.trace_name);
    free(trace->path);
    free(trace);
}

/* From the epoch to the start of CLOCK_MONOTONIC: of several measurements, the fastest. */
static int64_t measure_clock_offset(void)
{
    int64_t offset = 0, best = INT64_MAX;
    for (int i = 0; i < 10; i++) {
        struct timespec real;
        int64_t before = (int64_t)clock_now_ns();
        clock_gettime(CLOCK_REALTIME, &real);
        int64_t took = (int64_t)clock_now_ns() - before;
        if (took < best) {
            best = took;
            offset = (int64_t)real.tv_sec * 1000000000 + real.tv_nsec - (before + took / 2);
        }
    }
    return offset;
}

static int make_directory(struct ctf_trace *trace, struct error *err)
{
    if (mkdir(trace->path, 0770) < 0) /* as LTTng's */
        return error_set(err, -errno, "cannot make the directory %s: %s", trace->path,
                         strerror(errno));
    int fd = descriptors_open(trace->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (fd < 0)
        return error_set(err, fd, "cannot open the directory %s: %s", trace->path, strerror(-fd));
    trace->directory = fd;
    trace->metadata.directory = fd;
    return 0;
}

int ctf_trace_make(const struct ctf_trace_request *request, struct ctf_trace **result,
                   struct error *err)
{
    struct ctf_trace *trace = calloc(1, sizeof(*trace));
    if (!trace)
        return error_set(err, -ENOMEM, "out of memory");
    trace->directory = trace->metadata.fd = -1;
    trace->must_replace = true;
    ctf_stops_init(&trace->stops);
    trace->clock_offset =
        request->clock_offset_ns ? request->clock_offset_ns : measure_clock_offset();
    trace->path = strdup(request->directory);
    bool named = request->trace_name && request->trace_name[0];
    if (named)
        trace->description.trace_name = strdup(request->trace_name);
    int rc = -ENOMEM;
    if (!trace->path || (named && !trace->description.trace_name))
        error_set(err, rc, "out of memory");
    else if ((rc = ctf_description_init(&trace->description)) < 0)
        error_set(err, rc, "cannot describe the trace %s: %s", trace->path, strerror(-rc));
    else
        rc = make_directory(trace, err);
    if (rc < 0) {
        ctf_trace_destroy(trace);
        return rc;
    }
    *result = trace;
    return 0;
}
