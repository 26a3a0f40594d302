/* SPDX-License-Identifier: MIT */
/*
 * speedscope's own format: an evented profile for each thread
 * (https://www.speedscope.app/file-format-schema.json). The events of threads come mixed, and those
 * of a profile stand together: so they are kept in a spool. Times begin with the trace.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/export/formats.h"
#include "util/cleanup.h"
#include "util/json_text.h"
#include "util/spool.h"
#include "util/text.h"
#include "util/vec.h"

/* A profile. */
struct speedscope_thread {
    uint64_t begin_ns, end_ns;
    uint64_t n_events;
    char *name;
};

struct speedscope {
    struct spool *spool;
    VEC(struct speedscope_thread) threads;      /* by number */
    VEC(const struct traced_function *) frames; /* in the order in which they were met */
    VEC(uint32_t) frame_of;                     /* by the function's ID: 1 + its index */
    uint64_t start_ns;
    bool has_start;
};

static int speedscope_begin(struct export *export)
{
    struct speedscope *scope = calloc(1, sizeof(*scope));
    export->state = scope;
    return scope ? spool_new(&scope->spool) : -ENOMEM;
}

static void speedscope_release(struct export *export)
{
    struct speedscope *scope = export->state;
    for (size_t i = 0; i < scope->threads.count; i++)
        free(scope->threads.items[i].name);
    vec_free(&scope->threads);
    vec_free(&scope->frames);
    vec_free(&scope->frame_of);
    spool_free(scope->spool);
    free(scope);
}

/* The index of the function's frame, or -ENOMEM. */
static int64_t speedscope_frame(struct speedscope *scope, const struct traced_function *function)
{
    while (scope->frame_of.count <= function->id)
        if (!vec_push(&scope->frame_of))
            return -ENOMEM;
    uint32_t *index = &scope->frame_of.items[function->id];
    if (*index == 0) {
        const struct traced_function **frame = vec_push(&scope->frames);
        if (!frame)
            return -ENOMEM;
        *frame = function;
        *index = (uint32_t)scope->frames.count;
    }
    return *index - 1;
}

/* "100/101 worker" */
static int speedscope_thread_name(const struct export_thread *thread, char **name)
{
    free(*name);
    *name = thread->tid == 0 ? strdup("(unknown)")
                             : text_format("%ld/%ld%s%s", (long)thread->pid, (long)thread->tid,
                                           *thread->name ? " " : "", thread->name);
    return *name ? 0 : -ENOMEM;
}

static int speedscope_event(struct export *export, const struct exported_call *call,
                            const char *type, uint64_t now_ns)
{
    struct speedscope *scope = export->state;
    struct export_thread *thread = call->thread;
    int64_t frame = speedscope_frame(scope, call->function);
    char event[100];
    while (scope->threads.count <= thread->number)
        if (!vec_push(&scope->threads))
            return -ENOMEM;
    if (frame < 0)
        return -ENOMEM;
    if (!scope->has_start) {
        scope->start_ns = now_ns;
        scope->has_start = true;
    }
    struct speedscope_thread *profile = &scope->threads.items[thread->number];
    if (!profile->name || strcmp(thread->written_name, thread->name) != 0) {
        memcpy(thread->written_name, thread->name, sizeof(thread->name));
        if (speedscope_thread_name(thread, &profile->name) < 0)
            return -ENOMEM;
    }
    uint64_t at = now_ns > scope->start_ns ? now_ns - scope->start_ns : 0;
    if (profile->n_events == 0)
        profile->begin_ns = at;
    profile->end_ns = at;
    int length = snprintf(event, sizeof(event),
                          "%s\n{\"type\":\"%s\",\"frame\":%" PRId64 ",\"at\":%" PRIu64 "}",
                          profile->n_events++ ? "," : "", type, frame, at);
    return spool_add(scope->spool, thread->number, event, (size_t)length);
}

static int speedscope_enter(struct export *export, const struct exported_call *call,
                            uint64_t now_ns, const struct trace_event *entry)
{
    (void)entry;
    return speedscope_event(export, call, "O", now_ns);
}

static int speedscope_leave(struct export *export, const struct exported_call *call,
                            uint64_t now_ns, const struct trace_event *exit)
{
    (void)exit;
    return speedscope_event(export, call, "C", now_ns);
}

static int speedscope_profile(struct export *export, uint32_t number, bool is_first)
{
    const struct speedscope *scope = export->state;
    const struct speedscope_thread *profile = &scope->threads.items[number];
    FILE *stream = export->stream;
    fprintf(stream,
            "%s\n{\"type\":\"evented\",\"unit\":\"nanoseconds\",\"name\":", is_first ? "" : ",");
    json_text_write(stream, profile->name);
    fprintf(stream, ",\"startValue\":%" PRIu64 ",\"endValue\":%" PRIu64 ",\"events\":[",
            profile->begin_ns, profile->end_ns);
    int rc = spool_copy(scope->spool, number, stream);
    fputs("\n]}", stream);
    return rc;
}

static int speedscope_frames(struct export *export)
{
    const struct speedscope *scope = export->state;
    FILE *stream = export->stream;
    for (size_t i = 0; i < scope->frames.count; i++) {
        cleanup(cleanup_free) char *name = export_function_name(scope->frames.items[i]);
        struct source_line source = export_source(export, scope->frames.items[i]);
        if (!name)
            return -ENOMEM;
        fprintf(stream, "%s\n{\"name\":", i ? "," : "");
        json_text_write(stream, name);
        if (source.file) {
            fputs(",\"file\":", stream);
            json_text_write(stream, source.file);
            fprintf(stream, ",\"line\":%u", source.line);
        }
        putc('}', stream);
    }
    return 0;
}

static int speedscope_end(struct export *export)
{
    const struct speedscope *scope = export->state;
    FILE *stream = export->stream;
    bool is_first = true;
    fputs("{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\",\"exporter\":",
          stream);
    fprintf(stream, "\"ptrace_tracer %s\",\"name\":", export->options.version);
    json_text_write(stream, export->options.name);
    fputs(",\n\"profiles\":[", stream);
    for (size_t i = 0; i < scope->threads.count; i++) {
        if (scope->threads.items[i].n_events == 0)
            continue;
        int rc = speedscope_profile(export, (uint32_t)i, is_first);
        if (rc < 0)
            return rc;
        is_first = false;
    }
    fputs("\n],\n\"shared\":{\"frames\":[", stream);
    int rc = speedscope_frames(export);
    fputs("\n]}}\n", stream);
    return rc;
}

const struct export_format export_speedscope = {
    .name = "speedscope",
    .what = "speedscope.app: a profile for each thread",
    .begin = speedscope_begin,
    .enter = speedscope_enter,
    .leave = speedscope_leave,
    .end = speedscope_end,
    .release = speedscope_release,
};
