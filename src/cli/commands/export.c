/* SPDX-License-Identifier: MIT */
#include "cli/commands/export.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/call_graph.h"
#include "analysis/export/formats.h"
#include "analysis/export/otlp_endpoint.h"
#include "analysis/export/trace_context.h"
#include "analysis/trace_notes.h"
#include "cli/command_hint.h"
#include "cli/did_you_mean.h"
#include "cli/nothing_found.h"
#include "cli/trace_command.h"
#include "cli/trace_sources.h"
#include "cli/unfinished_file.h"
#include "util/cleanup.h"
#include "util/load.h"
#include "util/log.h"
#include "util/new_file.h"
#include "util/spool.h"
#include "util/text.h"

static const char HELP[] =
    "Usage: ptrace_tracer export --to=FORMAT [OPTION...] [TRACE]\n"
    "Write the calls in a trace in a format that other programs read.\n"
    "\n"
    "      --to=FORMAT         csv, json, folded, callgrind, speedscope, chrome, perfetto,\n"
    "                          otlp, html, sqlite\n"
    "      --endpoint[=URL]    send spans (otlp) to a server: http://localhost:4318\n"
    "      --force             replace the file of --output if there is one\n"
    "      --raw               times as recorded: not net of what tracing cost\n";

enum { FORMATS_MAX = 32 };

enum { OPT_TO = TRACE_OPTION, OPT_ENDPOINT, OPT_FORCE, OPT_RAW };

static const struct option OPTIONS[] = {
    {"to", required_argument, NULL, OPT_TO},
    {"endpoint", optional_argument, NULL, OPT_ENDPOINT},
    {"force", no_argument, NULL, OPT_FORCE},
    {"raw", no_argument, NULL, OPT_RAW},
    {0},
};

struct export_command {
    const struct export_format *format;
    bool has_endpoint;
    const char *url; /* NULL: none is given */
    bool force;
    bool raw;
    uint64_t n_unplaced;
    char limits[EXPORT_LIMITS][160];
    struct new_file file;
    struct trace_sources sources;
    struct trace_context context;
    struct otlp_endpoint endpoint;
    struct error *err;
};

/* "csv, json" */
static void list_formats(char *list, size_t size)
{
    const struct export_format *format;
    size_t length = 0;
    *list = '\0';
    for (size_t i = 0; (format = export_format_at(i)) && length < size; i++)
        length +=
            (size_t)snprintf(list + length, size - length, "%s%s", i ? ", " : "", format->name);
}

static void hint_format(char hint[DID_YOU_MEAN_MAX], const char *word)
{
    const char *names[FORMATS_MAX];
    const struct export_format *format;
    size_t n = 0;
    while (n < FORMATS_MAX && (format = export_format_at(n)))
        names[n++] = format->name;
    did_you_mean(hint, word, "", names, n);
}

static int take_export_option(void *data, int option, const char *argument, struct error *err)
{
    struct export_command *wanted = data;
    char list[200], hint[DID_YOU_MEAN_MAX];
    switch (option) {
    case OPT_TO:
        wanted->format = export_format_of(argument);
        if (wanted->format)
            return 0;
        list_formats(list, sizeof(list));
        hint_format(hint, argument);
        return error_set(err, -EINVAL, "--to takes one of %s, not '%s'%s", list, argument, hint);
    case OPT_ENDPOINT:
        wanted->has_endpoint = true;
        wanted->url = argument;
        return 0;
    case OPT_FORCE:
        wanted->force = true;
        return 0;
    default:
        wanted->raw = true;
        return 0;
    }
}

/* The calls of the trace, into the stream. */
static int write_calls(struct trace_command *command, struct export *export,
                       const struct new_file *file, struct error *err)
{
    int rc = export_begin(export);
    if (rc < 0)
        return rc;
    const struct call_visitor visitor = export_visitor(export);
    rc = trace_command_run(command, &visitor, err);
    /* SIGINT may have had another handler, which has ended the reading of a live session. */
    unfinished_file_set(file->temporary);
    return rc < 0 ? rc : export_end(export);
}

static struct source_line source_of_function(void *data, const struct traced_function *function)
{
    const struct export_command *wanted = data;
    const struct function_source *source =
        trace_sources_find(&wanted->sources, function->module, function->name);
    return source ? (struct source_line){source->file, source->line} : (struct source_line){0};
}

/* What is read of the trace. */
static uint64_t hash_selection(const struct trace_command *command)
{
    const uint64_t begin[] = {(uint64_t)command->begin.kind, command->begin.ns,
                              command->pids.count};
    uint64_t hash = text_hash_bytes(TEXT_HASH_START, (const char *)begin, sizeof(begin));
    hash = text_hash_bytes(hash, (const char *)command->pids.items,
                           command->pids.count * sizeof(pid_t));
    return text_hash_bytes(hash, (const char *)command->tids.items,
                           command->tids.count * sizeof(pid_t));
}

/* What the spans are part of, as the environment tells; NULL: nothing. */
static const struct trace_context *read_context(struct export_command *wanted)
{
    const char *text = wanted->format == &export_otlp ? getenv("TRACEPARENT") : NULL;
    if (!text || !*text)
        return NULL;
    if (trace_context_parse(text, &wanted->context) == 0)
        return &wanted->context;
    log_warning("TRACEPARENT is ignored: '%.100s' is not of the form "
                "00-TRACE_ID-PARENT_ID-FLAGS (W3C Trace Context)",
                text);
    return NULL;
}

static int send_spans(void *data, const char *request, size_t size, size_t n_spans)
{
    struct export_command *wanted = data;
    return otlp_endpoint_send(&wanted->endpoint, request, size, n_spans, wanted->err);
}

static int open_endpoint(struct export_command *wanted, struct error *err)
{
    const struct http_post_api *http =
        load_symbol("ptrace_tracer_http", "http_post_api", "libcurl (Debian: libcurl4)", err);
    wanted->err = err;
    return http ? otlp_endpoint_open(&wanted->endpoint, http, wanted->url, VERSION, err) : -ELIBACC;
}

/* How many spans the server has taken, and how many not. */
static void endpoint_remarks(const struct otlp_endpoint *endpoint)
{
    const char *said = endpoint->said;
    if (endpoint->n_refused)
        log_warning("%" PRIu64 " of %" PRIu64 " spans were refused by %s%s%s", endpoint->n_refused,
                    endpoint->n_refused + endpoint->n_sent, endpoint->shown, *said ? ": " : "",
                    said);
    else
        log_info("%" PRIu64 " spans were sent to %s%s%s", endpoint->n_sent, endpoint->shown,
                 *said ? ", which says: " : "", said);
}

static int write_trace(struct trace_command *command, struct export_command *wanted,
                       struct error *err)
{
    struct error why;
    cleanup(cleanup_free) char *traced = NULL;
    if (trace_notes_read_command(command->path, &traced, &why) < 0)
        log_debug("%s", why.text);
    const struct export_options options = {
        .stream = wanted->file.stream ? wanted->file.stream : command->stream,
        .path = wanted->file.temporary,
        .version = VERSION,
        .name = command->path,
        .command = traced,
        .costs = trace_command_costs(command, wanted->raw),
        .source_of = source_of_function,
        .data = wanted,
        .plain_name = trace_command_plain_name,
        .selection = hash_selection(command),
        .context = read_context(wanted),
        .reader = command->reader,
        .send = wanted->has_endpoint ? send_spans : NULL,
    };
    trace_sources_read(&wanted->sources, command->path);
    struct export *export = export_new(wanted->format, &options);
    int rc = export ? write_calls(command, export, &wanted->file, err) : -ENOMEM;
    int found = export && export->n_calls ? 0 : 1;
    bool output_failed = ferror(options.stream);
    if (export) {
        wanted->n_unplaced = export->n_unplaced;
        memcpy(wanted->limits, export->limits, sizeof(wanted->limits));
        output_failed |= export->output_failed;
    }
    export_free(export);
    if (rc == 0 || rc == -EPIPE || err->code)
        return rc < 0 ? rc : found;
    if (rc == -ENOMEM)
        return error_set(err, rc, "out of memory");
    if (!output_failed)
        return error_set(err, rc, "cannot write a temporary file in %s: %s (see TMPDIR)",
                         spool_directory(), strerror(-rc));
    return error_set(err, rc, "cannot write to %s: %s",
                     wanted->file.path ? wanted->file.path : "stdout", strerror(-rc));
}

static int export_trace(struct trace_command *command, void *data, struct error *err)
{
    struct export_command *wanted = data;
    const char *path =
        command->output && strcmp(command->output, "-") != 0 ? command->output : NULL;
    char list[200];
    if (!wanted->format) {
        list_formats(list, sizeof(list));
        error_set(err, -EINVAL, "--to=FORMAT says what to write: %s", list);
        command_hint_add(command->usage->name, err);
        return -EINVAL;
    }
    if (wanted->has_endpoint && wanted->format != &export_otlp)
        return error_set(err, -EINVAL, "--endpoint sends spans: with --to=otlp only");
    if (wanted->has_endpoint && command->output)
        return error_set(err, -EINVAL, "spans go to a file (--output) or to a server (--endpoint)");
    if (wanted->format->needs_file && !path)
        return error_set(err, -EINVAL, "--to=%s needs a file to write to: -o FILE",
                         wanted->format->name);
    command->output = NULL; /* it must not be truncated */
    int rc = trace_command_open(command, err);
    if (rc == 0 && wanted->has_endpoint)
        rc = open_endpoint(wanted, err);
    if (rc == 0 && path)
        rc = unfinished_file_create(&wanted->file, path, wanted->force, err);
    if (rc < 0)
        return rc;
    if (wanted->format->needs_file && !wanted->file.temporary)
        return error_set(err, -EINVAL, "cannot write to %s: --to=%s needs a regular file", path,
                         wanted->format->name);
    int found = write_trace(command, wanted, err);
    if (found >= 0)
        rc = path ? new_file_finish(&wanted->file, err) : trace_command_close(command, err);
    else
        new_file_discard(&wanted->file);
    unfinished_file_set(NULL);
    if (found < 0 || rc < 0)
        return found < 0 ? found : rc;
    trace_command_remarks(command);
    if (wanted->has_endpoint)
        endpoint_remarks(&wanted->endpoint);
    if (wanted->n_unplaced)
        log_info("%" PRIu64 " calls are left out: there are more than %d paths", wanted->n_unplaced,
                 GRAPH_NODES_MAX);
    for (size_t i = 0; i < EXPORT_LIMITS; i++)
        if (*wanted->limits[i])
            log_info("%s", wanted->limits[i]);
    if (found == 1)
        nothing_found_say(command);
    return found;
}

int export_run(int argc, char **argv)
{
    struct export_command wanted = {0};
    const struct trace_usage usage = {
        .name = "export",
        .help = HELP,
        .long_options = OPTIONS,
        .option = take_export_option,
        .data = &wanted,
    };
    int status = trace_command_main(&usage, argc, argv, export_trace);
    otlp_endpoint_close(&wanted.endpoint);
    new_file_discard(&wanted.file);
    trace_sources_free(&wanted.sources);
    return status;
}
