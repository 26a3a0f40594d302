/* SPDX-License-Identifier: MIT */
#include "analysis/export/html/facts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "analysis/trace_reader.h"
#include "util/cleanup.h"
#include "util/json_text.h"

static void write_text_member(FILE *stream, const char *name, const char *text)
{
    fprintf(stream, ",\n\"%s\":", name);
    json_text_write(stream, text);
}

/* Times since the epoch are strings: JavaScript has no number for them. */
static void write_trace_facts(FILE *stream, const struct html_facts *facts)
{
    const struct export *export = facts->export;
    fprintf(stream, "\"begin_ns\":\"%" PRIu64 "\",\"net\":%s", facts->begin_ns,
            export->net ? "true" : "false");
    write_text_member(stream, "version", export->options.version);
    write_text_member(stream, "trace", export->options.name);
    if (export->options.command)
        write_text_member(stream, "command", export->options.command);
    fprintf(stream, ",\n\"n_calls\":%" PRIu64, export->n_calls);
    fprintf(stream,
            ",\n\"timeline\":{\"calls\":%" PRIu64 ",\"grouped\":%" PRIu64 ",\"groups\":%" PRIu64
            ",\"shorter_ns\":%" PRIu64 ",\"without_texts\":%" PRIu64 "}",
            facts->kept.calls, facts->kept.grouped, facts->kept.groups, facts->kept.shorter_ns,
            facts->kept.without_texts);
    fprintf(stream, ",\n\"paths\":{\"count\":%" PRIu64 ",\"min_ns\":%" PRIu64 "}", facts->n_nodes,
            facts->min_node_ns);
}

static void write_counts(FILE *stream, const struct trace_reader *reader)
{
    const struct call_counts *counts = trace_reader_counts(reader);
    size_t position = 0;
    char line[ERROR_TEXT_MAX];
    fprintf(stream,
            ",\n\"events\":%" PRIu64 ",\"lost_events\":%" PRIu64 ",\"lost_packets\":%" PRIu64,
            counts->events, counts->lost_events, counts->lost_packets);
    fputs(",\n\"remarks\":[", stream);
    for (size_t i = 0; trace_reader_remark(reader, &position, line, sizeof(line)); i++) {
        fputs(i ? ",\n" : "\n", stream);
        json_text_write(stream, line);
    }
    putc(']', stream);
}

static void write_functions(FILE *stream, const struct html_facts *facts)
{
    fputs(",\n\"functions\":[", stream);
    for (size_t i = 0; i < facts->n_functions; i++) {
        const struct traced_function *function = facts->functions[i];
        struct source_line source = export_source(facts->export, function);
        fputs(i ? ",\n[" : "\n[", stream);
        json_text_write(stream, function->module);
        putc(',', stream);
        json_text_write(stream, function->name);
        if (source.file) {
            putc(',', stream);
            json_text_write(stream, source.file);
            fprintf(stream, ",%u", source.line);
        }
        putc(']', stream);
    }
    putc(']', stream);
}

static void write_threads(FILE *stream, const struct html_facts *facts)
{
    fputs(",\n\"threads\":[", stream);
    for (size_t i = 0; i < facts->n_threads; i++) {
        const struct export_thread *thread = facts->threads[i];
        fprintf(stream, "%s[%ld,%ld,", i ? ",\n" : "\n", thread ? (long)thread->pid : 0,
                thread ? (long)thread->tid : 0);
        json_text_write(stream, thread ? thread->name : "");
        putc(']', stream);
    }
    putc(']', stream);
}

static void write_gaps(FILE *stream, const struct html_facts *facts)
{
    fprintf(stream, ",\n\"more_gaps\":%" PRIu64 ",\"gaps\":[", facts->more_gaps);
    for (size_t i = 0; i < facts->n_gaps; i++) {
        const struct trace_gap *gap = &facts->gaps[i];
        fprintf(stream, "%s[%" PRId64 ",%" PRId64 ",%" PRIu64 ",%" PRIu64 ",%d]", i ? ",\n" : "\n",
                (int64_t)(gap->begin_ns - facts->begin_ns),
                (int64_t)(gap->end_ns - facts->begin_ns), gap->n_events, gap->n_packets,
                gap->is_pause);
    }
    putc(']', stream);
}

/* The rows of a report, with the values in its order; null: there are no times, or none on a CPU.
 */
static int write_rows(FILE *stream, const struct trace_profile *profile)
{
    size_t n;
    cleanup(cleanup_free) struct profile_line *lines = trace_profile_lines(profile, &n);
    if (!lines)
        return -ENOMEM;
    profile_lines_sort(lines, n, PROFILE_SELF);
    fprintf(stream, ",\n\"has_cpu\":%s,\"rows\":[",
            trace_profile_has_cpu(profile) ? "true" : "false");
    for (size_t i = 0; i < n; i++) {
        const struct profile_line *line = &lines[i];
        fputs(i ? ",\n[" : "\n[", stream);
        json_text_write(stream, line->name);
        for (int column = 0; column < PROFILE_COLUMNS; column++) {
            bool is_known = column == PROFILE_CALLS ||
                            (column >= PROFILE_CPU ? line->has_cpu : line->has_times);
            if (is_known)
                fprintf(stream, ",%" PRIu64, line->values[column]);
            else
                fputs(",null", stream);
        }
        putc(']', stream);
    }
    putc(']', stream);
    return 0;
}

int html_facts_write(FILE *stream, const struct html_facts *facts,
                     const struct trace_profile *profile)
{
    putc('{', stream);
    write_trace_facts(stream, facts);
    if (facts->export->options.reader)
        write_counts(stream, facts->export->options.reader);
    write_functions(stream, facts);
    write_threads(stream, facts);
    write_gaps(stream, facts);
    int rc = write_rows(stream, profile);
    putc('}', stream);
    return rc;
}
