/* SPDX-License-Identifier: MIT */
/*
 * Spans of OpenTelemetry, in the JSON of its protocol (OTLP 1.x, docs/specification.md, JSON
 * Protobuf Encoding). Attributes have the names of the semantic conventions where these have any. A
 * span is written when its call is left.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/export/formats.h"
#include "analysis/export/otlp_batch.h"
#include "analysis/export/otlp_values.h"
#include "analysis/export/trace_context.h"
#include "util/arena.h"
#include "util/json_text.h"
#include "util/table.h"
#include "util/vec.h"

enum { SPAN_KIND_INTERNAL = 1 };
/* SpanFlags of trace.proto: above the flags of the trace, whether the parent is another program's.
 */
enum { FLAG_REMOTE_IS_KNOWN = 0x100, FLAG_IS_REMOTE = 0x200 };

/* What the spans of a function have in common. */
struct otlp_function {
    char *name;       /* as JSON */
    char *attributes; /* each behind a comma */
};

struct otlp {
    struct trace_context context;
    bool has_context;
    uint64_t n_gaps;
    struct table processes;
    struct arena memory;                 /* these */
    VEC(struct otlp_function) functions; /* by ID */
    struct otlp_batch batch;
};

static int otlp_begin(struct export *export)
{
    struct otlp *otlp = calloc(1, sizeof(*otlp));
    export->state = otlp;
    return otlp ? otlp_batch_init(&otlp->batch, &export->options) : -ENOMEM;
}

static void otlp_release(struct export *export)
{
    struct otlp *otlp = export->state;
    for (size_t i = 0; i < otlp->functions.count; i++) {
        free(otlp->functions.items[i].name);
        free(otlp->functions.items[i].attributes);
    }
    vec_free(&otlp->functions);
    table_free(&otlp->processes);
    arena_free(&otlp->memory);
    otlp_batch_free(&otlp->batch);
    free(otlp);
}

/* ---- processes and functions ---- */

/* It has the name of its first thread, or else of the first one that has any. NULL: out of memory,
   or an error in *rc: the batch is written before a process gets another name (execve). */
static const struct otlp_process *process_of(struct export *export,
                                             const struct export_thread *thread, int *rc)
{
    struct otlp *otlp = export->state;
    /* Process IDs have at most 22 bits (PID_MAX_LIMIT, linux/threads.h). */
    uint64_t key = (uint64_t)thread->host << 22 | (uint64_t)thread->pid;
    struct otlp_process *process = table_get(&otlp->processes, key);
    *rc = 0;
    if (!process) {
        process = arena_alloc(&otlp->memory, sizeof(*process));
        if (!process || table_put(&otlp->processes, key, process) < 0) {
            *rc = -ENOMEM;
            return NULL;
        }
        process->host = thread->host;
        process->pid = thread->pid;
    }
    bool is_its_name = thread->pid == thread->tid || !*process->name;
    if (is_its_name && *thread->name && strcmp(process->name, thread->name) != 0) {
        *rc = *process->name ? otlp_batch_flush(&otlp->batch) : 0;
        memcpy(process->name, thread->name, sizeof(process->name));
    }
    return process;
}

static int describe_function(struct export *export, const struct traced_function *function,
                             struct otlp_function *described)
{
    size_t size;
    FILE *stream = open_memstream(&described->name, &size);
    if (!stream)
        return -ENOMEM;
    json_text_write(stream, *function->name ? function->name : "(unknown)");
    if (fclose(stream) != 0 || !(stream = open_memstream(&described->attributes, &size)))
        return -ENOMEM;
    char *plain = export->options.plain_name ? export->options.plain_name(function->name) : NULL;
    otlp_write_text(stream, "code.function.name", plain ? plain : function->name);
    free(plain);
    struct source_line source = export_source(export, function);
    if (source.file) {
        otlp_write_text(stream, "code.file.path", source.file);
        if (source.line)
            otlp_write_integer(stream, "code.line.number", source.line);
    }
    return fclose(stream) == 0 ? 0 : -ENOMEM;
}

/* NULL: out of memory. */
static const struct otlp_function *function_of(struct export *export,
                                               const struct traced_function *function)
{
    struct otlp *otlp = export->state;
    while (otlp->functions.count <= function->id)
        if (!vec_push(&otlp->functions))
            return NULL;
    struct otlp_function *described = &otlp->functions.items[function->id];
    if (!described->attributes && describe_function(export, function, described) < 0)
        return NULL;
    return described;
}

/* ---- spans ---- */

/* All but its attributes. `outer`: the number of the span around it, or 0. */
static void begin_span(struct export *export, uint64_t number, uint64_t outer, const char *name,
                       uint64_t begin_ns, uint64_t end_ns)
{
    struct otlp *otlp = export->state;
    FILE *stream = otlp->batch.span;
    if (!otlp->has_context) {
        otlp->context = export->options.context ? *export->options.context
                                                : trace_context_new(export->identity);
        otlp->has_context = true;
    }
    const struct trace_context *context = &otlp->context;
    uint64_t parent = outer ? trace_context_span(export->identity, outer) : context->parent;
    unsigned flags = context->flags | TRACE_SAMPLED | FLAG_REMOTE_IS_KNOWN;
    if (!outer && context->parent)
        flags |= FLAG_IS_REMOTE;
    rewind(stream);
    fprintf(stream, "{\"traceId\":\"%016" PRIx64 "%016" PRIx64 "\",\"spanId\":\"%016" PRIx64 "\"",
            context->trace_high, context->trace_low, trace_context_span(export->identity, number));
    if (parent)
        fprintf(stream, ",\"parentSpanId\":\"%016" PRIx64 "\"", parent);
    fprintf(stream, ",\"flags\":%u,\"name\":%s,\"kind\":%d", flags, name, SPAN_KIND_INTERNAL);
    fprintf(stream,
            ",\"startTimeUnixNano\":\"%" PRIu64 "\",\"endTimeUnixNano\":\"%" PRIu64
            "\",\"attributes\":[",
            begin_ns, end_ns);
}

static int write_call(struct export *export, const struct exported_call *call, uint64_t begin_ns,
                      uint64_t end_ns, const struct trace_event *exit)
{
    struct otlp *otlp = export->state;
    const struct export_thread *thread = call->thread;
    const struct otlp_function *function = function_of(export, call->function);
    FILE *stream = otlp->batch.span;
    int rc;
    if (!function)
        return -ENOMEM;
    const struct otlp_process *process = process_of(export, thread, &rc);
    if (rc < 0)
        return rc;
    begin_span(export, call->number, call->outer_number, function->name, begin_ns, end_ns);
    fputs(function->attributes + 1, stream); /* without the comma */
    if (thread->tid)
        otlp_write_integer(stream, "thread.id", thread->tid);
    if (*thread->name)
        otlp_write_text(stream, "thread.name", thread->name);
    const char *end = export_end_word(call);
    if (strcmp(end, "returned") != 0)
        otlp_write_text(stream, "ptrace_tracer.end", end);
    if (call->arguments)
        fputs(call->arguments, stream);
    if (exit)
        otlp_write_fields(stream, "result", exit);
    fputs("]}", stream);
    return otlp_batch_add(&otlp->batch, process, call->function->module);
}

static size_t write_arguments(FILE *stream, const struct trace_event *entry)
{
    return otlp_write_fields(stream, "argument", entry);
}

static int otlp_leave(struct export *export, const struct exported_call *call, uint64_t now_ns,
                      const struct trace_event *exit)
{
    return write_call(export, call, call->begin_ns, now_ns, exit);
}

static int otlp_lone_exit(struct export *export, const struct exported_call *call, uint64_t now_ns,
                          const struct trace_event *exit)
{
    return write_call(export, call, now_ns, now_ns, exit);
}

/* A span of no process: events of any may be lost. */
static int otlp_gap(struct export *export, const struct trace_gap *gap)
{
    static const struct otlp_process unknown = {0};
    struct otlp *otlp = export->state;
    FILE *stream = otlp->batch.span;
    /* 0: since the beginning of the trace, whose time is not known here. */
    uint64_t begin_ns = gap->begin_ns && gap->begin_ns < gap->end_ns ? gap->begin_ns : gap->end_ns;
    /* Calls have numbers from 1. */
    begin_span(export, UINT64_MAX - otlp->n_gaps++, 0,
               gap->is_pause ? "\"the session may have been stopped\"" : "\"events were lost\"",
               begin_ns, gap->end_ns);
    fputs("{\"key\":\"ptrace_tracer.gap\",\"value\":{\"boolValue\":true}}", stream);
    if (gap->n_events && gap->n_events <= INT64_MAX)
        otlp_write_integer(stream, "ptrace_tracer.lost_events", (int64_t)gap->n_events);
    if (gap->n_packets && gap->n_packets <= INT64_MAX)
        otlp_write_integer(stream, "ptrace_tracer.lost_packets", (int64_t)gap->n_packets);
    fputs("]}", stream);
    return otlp_batch_add(&otlp->batch, &unknown, "ptrace_tracer");
}

static int otlp_end(struct export *export)
{
    struct otlp *otlp = export->state;
    return otlp_batch_flush(&otlp->batch);
}

const struct export_format export_otlp = {
    .name = "otlp",
    .what = "OTLP/JSON: spans for OpenTelemetry",
    .keeps_arguments = true,
    .write_arguments = write_arguments,
    .begin = otlp_begin,
    .leave = otlp_leave,
    .lone_exit = otlp_lone_exit,
    .gap = otlp_gap,
    .end = otlp_end,
    .release = otlp_release,
};
