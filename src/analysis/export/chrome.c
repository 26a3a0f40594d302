/* SPDX-License-Identifier: MIT */
/*
 * The Trace Event Format (the JSON that chrome://tracing and ui.perfetto.dev read): a B and an E
 * event for each call, and the names of processes and threads. `ts` is in microseconds and read as
 * a double: so it begins with the trace, and otherData tells at what time.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/export/formats.h"
#include "analysis/export/value_json.h"
#include "util/cleanup.h"
#include "util/json_text.h"
#include "util/table.h"

/* Thread IDs are less (PID_MAX_LIMIT, linux/threads.h). */
enum { CHROME_HOST_IDS = 1 << 22 };

struct chrome {
    uint64_t start_ns;
    bool has_start;
    bool has_event;
    struct table processes; /* those that have a name */
};

static int chrome_begin(struct export *export)
{
    export->state = calloc(1, sizeof(struct chrome));
    fputs("{\"displayTimeUnit\": \"ns\",\n\"traceEvents\": [", export->stream);
    return export->state ? 0 : -ENOMEM;
}

static void chrome_release(struct export *export)
{
    struct chrome *chrome = export->state;
    table_free(&chrome->processes);
    free(chrome);
}

/* Two hosts may have the same IDs. */
static uint64_t chrome_id(const struct export_thread *thread, pid_t id)
{
    return (uint64_t)thread->host * CHROME_HOST_IDS + (uint64_t)id;
}

/* The beginning of an event, without the name and the time. */
static void chrome_event(struct export *export, const char *phase,
                         const struct export_thread *thread)
{
    struct chrome *chrome = export->state;
    fprintf(export->stream, "%s\n{\"ph\": \"%s\"", chrome->has_event ? "," : "", phase);
    chrome->has_event = true;
    if (thread)
        fprintf(export->stream, ", \"pid\": %" PRIu64 ", \"tid\": %" PRIu64,
                chrome_id(thread, thread->pid), chrome_id(thread, thread->tid));
}

static void chrome_time(struct export *export, uint64_t now_ns)
{
    struct chrome *chrome = export->state;
    if (!chrome->has_start) {
        chrome->start_ns = now_ns;
        chrome->has_start = true;
    }
    /* A gap may have begun before. */
    uint64_t since_ns = now_ns > chrome->start_ns ? now_ns - chrome->start_ns : 0;
    fprintf(export->stream, ", \"ts\": %" PRIu64 ".%03u", since_ns / 1000,
            (unsigned)(since_ns % 1000));
}

static void chrome_name(struct export *export, const char *what, const struct export_thread *thread,
                        const char *name)
{
    chrome_event(export, "M", thread);
    fprintf(export->stream, ", \"name\": \"%s\", \"args\": {\"name\": ", what);
    json_text_write(export->stream, name);
    fputs("}}", export->stream);
}

/* Names are written when a thread is met, and once more when they change (execve, prctl); the last
   one counts. */
static int chrome_names(struct export *export, struct export_thread *thread)
{
    struct chrome *chrome = export->state;
    uint64_t process = chrome_id(thread, thread->pid);
    bool is_main = thread->pid == thread->tid;
    if (thread->is_written && strcmp(thread->written_name, thread->name) == 0)
        return 0;
    thread->is_written = true;
    memcpy(thread->written_name, thread->name, sizeof(thread->name));
    if (*thread->name && thread->tid)
        chrome_name(export, "thread_name", thread, thread->name);
    if (*thread->name && (is_main || !table_get(&chrome->processes, process)))
        chrome_name(export, "process_name", thread, thread->name);
    return table_put(&chrome->processes, process, chrome);
}

static void chrome_function(struct export *export, const struct traced_function *function,
                            const char *name)
{
    fputs(", \"name\": ", export->stream);
    json_text_write(export->stream, name);
    fputs(", \"cat\": ", export->stream);
    json_text_write(export->stream, *function->module ? function->module : "(none)");
}

static int chrome_enter(struct export *export, const struct exported_call *call, uint64_t now_ns,
                        const struct trace_event *entry)
{
    int rc = chrome_names(export, call->thread);
    cleanup(cleanup_free) char *name = export_function_name(call->function);
    if (rc < 0 || !name)
        return -ENOMEM;
    chrome_event(export, "B", call->thread);
    chrome_time(export, now_ns);
    chrome_function(export, call->function, name);
    fputs(", \"args\": ", export->stream);
    value_json_write(export->stream, entry, JSON_NUMBERS_DOUBLE);
    putc('}', export->stream);
    return 0;
}

/*
 * The results, and how the call ended. Without that, speedscope would take the end of a call for
 * that of the next one: of a B and an E event at one time, it takes the B first if both have the
 * same arguments.
 */
static void chrome_results(struct export *export, const struct exported_call *call,
                           const struct trace_event *exit)
{
    fprintf(export->stream, ", \"args\": {\"end\": \"%s\"", export_end_word(call));
    if (exit && exit->layout->n_fields) {
        fputs(", \"results\": ", export->stream);
        value_json_write(export->stream, exit, JSON_NUMBERS_DOUBLE);
    }
    fputs("}}", export->stream);
}

static int chrome_leave(struct export *export, const struct exported_call *call, uint64_t now_ns,
                        const struct trace_event *exit)
{
    cleanup(cleanup_free) char *name = export_function_name(call->function);
    if (!name)
        return -ENOMEM;
    chrome_event(export, "E", call->thread);
    chrome_time(export, now_ns);
    /* The name is optional in an E event, but speedscope ends no call without it. */
    chrome_function(export, call->function, name);
    chrome_results(export, call, exit);
    return 0;
}

static int chrome_lone_exit(struct export *export, const struct exported_call *call,
                            uint64_t now_ns, const struct trace_event *exit)
{
    int rc = chrome_names(export, call->thread);
    cleanup(cleanup_free) char *name = export_function_name(call->function);
    if (rc < 0 || !name)
        return -ENOMEM;
    chrome_event(export, "i", call->thread);
    chrome_time(export, now_ns);
    fputs(", \"s\": \"t\"", export->stream);
    chrome_function(export, call->function, name);
    chrome_results(export, call, exit);
    return 0;
}

static int chrome_gap(struct export *export, const struct trace_gap *gap)
{
    chrome_event(export, "i", NULL);
    chrome_time(export, gap->end_ns);
    fprintf(export->stream,
            ", \"pid\": 0, \"tid\": 0, \"s\": \"g\", \"name\": \"%s\", \"cat\": \"(none)\", "
            "\"args\": {\"events\": %" PRIu64 ", \"packets\": %" PRIu64 "}}",
            gap->is_pause ? "the session may have been stopped" : "events were lost", gap->n_events,
            gap->n_packets);
    return 0;
}

static int chrome_end(struct export *export)
{
    const struct chrome *chrome = export->state;
    fputs("\n],\n\"otherData\": {\"exporter\": \"ptrace_tracer ", export->stream);
    fprintf(export->stream, "%s\", \"start_ns\": \"%" PRIu64 "\", \"times\": \"%s\"}}\n",
            export->options.version, chrome->start_ns, export->net ? "net" : "raw");
    return 0;
}

const struct export_format export_chrome = {
    .name = "chrome",
    .what = "the Trace Event Format of chrome://tracing and ui.perfetto.dev",
    .has_no_empty_calls = true,
    .begin = chrome_begin,
    .enter = chrome_enter,
    .leave = chrome_leave,
    .lone_exit = chrome_lone_exit,
    .gap = chrome_gap,
    .end = chrome_end,
    .release = chrome_release,
};
