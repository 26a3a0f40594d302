/* SPDX-License-Identifier: MIT */
/* An object for each call, on a line of its own, when it has ended (JSON Lines). */
#include <inttypes.h>

#include "analysis/export/formats.h"
#include "analysis/export/value_json.h"
#include "util/json_text.h"

static void json_number(FILE *stream, const char *name, bool is_known, int64_t number)
{
    if (is_known)
        fprintf(stream, ", \"%s\": %" PRId64, name, number);
    else
        fprintf(stream, ", \"%s\": null", name);
}

static void json_string(FILE *stream, const char *name, const char *text)
{
    fprintf(stream, ", \"%s\": ", name);
    json_text_write(stream, text);
}

static int json_call(struct export *export, const struct exported_call *call,
                     const struct trace_event *exit)
{
    FILE *stream = export->stream;
    const struct export_thread *thread = call->thread;
    fprintf(stream, "{\"id\": %" PRIu64, call->id);
    json_number(stream, "parent", call->parent_id != 0, (int64_t)call->parent_id);
    json_string(stream, "module", call->function->module);
    json_string(stream, "function", call->function->name);
    json_number(stream, "pid", thread->pid != 0, thread->pid);
    json_number(stream, "tid", thread->tid != 0, thread->tid);
    json_string(stream, "thread", thread->name);
    json_number(stream, "start_ns", call->end != CALL_OPEN, (int64_t)call->entry_ns);
    json_number(stream, "end_ns", call->has_exit, (int64_t)call->exit_ns);
    json_number(stream, "duration_ns", call->has_duration, export_duration(export, &call->times));
    json_number(stream, "self_ns", call->has_self, export_self(export, &call->times));
    json_number(stream, "cpu_ns", call->times.has_cpu, export_cpu(export, &call->times));
    json_number(stream, "depth", true, call->depth);
    json_string(stream, "end", export_end_word(call));
    fprintf(stream, ", \"arguments\": %s, \"results\": ", call->arguments ? call->arguments : "{}");
    if (exit)
        value_json_write(stream, exit, JSON_NUMBERS_EXACT);
    else
        fputs("{}", stream);
    fputs("}\n", stream);
    return 0;
}

const struct export_format export_json = {
    .name = "json",
    .what = "an object for each call, one on a line",
    .keeps_arguments = true,
    .call = json_call,
};
