/* SPDX-License-Identifier: MIT */
/* A row for each call (RFC 4180), when it has ended. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/export/formats.h"
#include "analysis/export/value_json.h"
#include "util/text.h"

/* A text is quoted where it must be (section 2, 6). What a terminal must not get is escaped. */
static void csv_text(FILE *stream, const char *text)
{
    bool is_quoted = strpbrk(text, "\",") != NULL;
    if (is_quoted)
        putc('"', stream);
    while (*text) {
        char part[256];
        size_t length = strcspn(text, "\"");
        size_t taken = length < 60 ? length : 60;
        /* Not inside a character of UTF-8. */
        while (taken > 0 && taken < length && ((unsigned char)text[taken] & 0xc0) == 0x80)
            taken--;
        if (taken == 0 && length > 0)
            taken = length < 60 ? length : 60;
        text_escape(part, sizeof(part), text, taken);
        fputs(part, stream);
        text += taken;
        if (taken == length && *text == '"') {
            fputs("\"\"", stream);
            text++;
        }
    }
    if (is_quoted)
        putc('"', stream);
}

static int csv_begin(struct export *export)
{
    fputs("id,parent,module,function,pid,tid,thread,start_ns,end_ns,duration_ns,self_ns,depth,end,"
          "arguments,results,cpu_ns\r\n",
          export->stream);
    return 0;
}

static void csv_number(FILE *stream, bool is_known, int64_t number)
{
    if (is_known)
        fprintf(stream, "%" PRId64, number);
    putc(',', stream);
}

/* The values of an exit as text, or NULL. */
static int csv_results(const struct trace_event *exit, char **text)
{
    size_t size;
    *text = NULL;
    if (!exit || exit->layout->n_fields == 0)
        return 0;
    FILE *stream = open_memstream(text, &size);
    if (!stream)
        return -ENOMEM;
    value_json_write(stream, exit, JSON_NUMBERS_EXACT);
    return fclose(stream) == 0 ? 0 : -ENOMEM;
}

static int csv_call(struct export *export, const struct exported_call *call,
                    const struct trace_event *exit)
{
    FILE *stream = export->stream;
    const struct export_thread *thread = call->thread;
    char *results;
    int rc = csv_results(exit, &results);
    csv_number(stream, true, (int64_t)call->id);
    csv_number(stream, call->parent_id != 0, (int64_t)call->parent_id);
    csv_text(stream, call->function->module);
    putc(',', stream);
    csv_text(stream, call->function->name);
    putc(',', stream);
    csv_number(stream, thread->pid != 0, thread->pid);
    csv_number(stream, thread->tid != 0, thread->tid);
    csv_text(stream, thread->name);
    putc(',', stream);
    csv_number(stream, call->end != CALL_OPEN, (int64_t)call->entry_ns);
    csv_number(stream, call->has_exit, (int64_t)call->exit_ns);
    csv_number(stream, call->has_duration, export_duration(export, &call->times));
    csv_number(stream, call->has_self, export_self(export, &call->times));
    fprintf(stream, "%" PRIu32 ",%s,", call->depth, export_end_word(call));
    csv_text(stream, call->arguments ? call->arguments : "");
    putc(',', stream);
    csv_text(stream, results ? results : "");
    putc(',', stream);
    if (call->times.has_cpu)
        fprintf(stream, "%" PRId64, export_cpu(export, &call->times));
    fputs("\r\n", stream);
    free(results);
    return rc;
}

const struct export_format export_csv = {
    .name = "csv",
    .what = "a row for each call",
    .keeps_arguments = true,
    .begin = csv_begin,
    .call = csv_call,
};
