/* SPDX-License-Identifier: MIT */
#include "cli/trace_command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "analysis/trace_notes.h"
#include "cli/command_hint.h"
#include "cli/default_trace.h"
#include "cli/exit_status.h"
#include "cli/reader_signals.h"
#include "cli/sudo_user.h"
#include "cli/unmatched_in_trace.h"
#include "util/cleanup.h"
#include "util/descriptors.h"
#include "util/log.h"
#include "util/terminal.h"
#include "util/text.h"

/* ---- callbacks of the reader ---- */

char *trace_command_plain_name(const char *name)
{
    const char *close = strrchr(name, ')');
    int open = 0;
    for (const char *at = close; at && at >= name; at--) {
        open += *at == ')' ? 1 : *at == '(' ? -1 : 0;
        if (open == 0)
            return at > name && strncmp(at, "(anonymous", 10) != 0
                       ? strndup(name, (size_t)(at - name))
                       : NULL;
    }
    return NULL;
}

bool trace_command_matches(struct trace_command *command, const struct function_filter *filter,
                           const char *module, const char *name)
{
    if (function_filter_names_modules(filter))
        trace_modules_read(&command->modules, command->path);
    cleanup(cleanup_free) char *plain = trace_command_plain_name(name);
    const struct printed_name names[] = {
        {.name = name},
        {.name = plain, .parameters = plain ? name + strlen(plain) : NULL},
    };
    const struct module_names known = trace_modules_names(&command->modules, module, name);
    /* Without -f all of a trace is selected, as the program itself is when it is traced. */
    return function_filter_function(filter, names, plain ? 2 : 1, &known, true, false);
}

static bool selects_function(void *data, const char *module, const char *name)
{
    struct trace_command *command = data;
    reading_limits_progress(&command->limits);
    return trace_command_matches(command, command->select, module, name);
}

static bool name_function(void *data, const struct code_address *address, char *module,
                          size_t module_size, char *name, size_t name_size)
{
    struct trace_command *command = data;
    reading_limits_hold(&command->limits);
    return trace_symbols_name(&command->symbols, address, module, module_size, name, name_size);
}

static bool on_reading(void *data, double fraction, uint64_t n_events)
{
    struct trace_command *command = data;
    fflush(command->stream); /* of a live session */
    reading_limits_progress(&command->limits);
    if (reader_signals_interrupted())
        return false;
    reading_progress_show(&command->progress, fraction, n_events);
    return true;
}

/* ---- reading ---- */

static int open_output(struct trace_command *command, struct error *err)
{
    const char *path = command->output;
    command->stream = stdout;
    if (!path || strcmp(path, "-") == 0)
        return 0;
    cleanup(cleanup_fd) int fd = descriptors_open(path, O_WRONLY | O_CREAT | O_TRUNC);
    FILE *stream = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (!stream) {
        int code = fd < 0 ? fd : -errno;
        return error_set(err, code, "cannot write to %s: %s", path, strerror(-code));
    }
    take_fd(&fd);
    command->stream = stream;
    return 0;
}

static void set_range(struct trace_command *command)
{
    uint64_t begin_ns = 0, end_ns = 0;
    if (trace_time_needs_begin(&command->begin) || trace_time_needs_begin(&command->end))
        if (!trace_reader_range(command->reader, &begin_ns, &end_ns))
            begin_ns = (uint64_t)time(NULL) * 1000000000;
    trace_reader_set_range(command->reader, trace_time_resolve(&command->begin, begin_ns),
                           trace_time_resolve(&command->end, begin_ns));
}

/* Where lines go while the trace is read; NULL: there are none. */
static const char *early_output(const struct trace_command *command)
{
    if (!command->usage->writes_early)
        return NULL;
    return command->output ? command->output : "-";
}

/* Without notes, what the trace itself tells is all that is known. */
static void read_notes(struct trace_command *command)
{
    struct error why;
    int rc = trace_notes_read_pairing(command->path, &command->notes, &why);
    command->notes_failed = rc < 0 && rc != -ENOENT && rc != -ENOTDIR;
    if (command->notes_failed)
        log_warning("%s", why.text);
}

int trace_command_open(struct trace_command *command, struct error *err)
{
    log_set_level(command->quiet ? LOG_ERROR : command->verbose ? LOG_DEBUG : LOG_INFO);
    int rc = sudo_user_become(err);
    bool is_named = command->path != NULL;
    if (rc < 0)
        return rc;
    if (!is_named && (rc = default_trace_find(&command->path, err)) < 0) {
        command_hint_add(command->usage->name, err);
        return rc;
    }
    struct trace_options options = {
        .path = command->path,
        .selects = selects_function,
        .name_code = name_function,
        .progress = on_reading,
        .data = command,
        .pids = command->pids.items,
        .n_pids = command->pids.count,
        .tids = command->tids.items,
        .n_tids = command->tids.count,
        .switching = &command->notes.switching,
        .unwound = &command->notes.unwound,
        .started_once = &command->notes.started_once,
    };
    if (!command->quiet)
        reading_progress_begin(&command->progress, early_output(command));
    options.with_fraction = command->progress.is_wanted;
    reader_signals_begin(command->path, strstr(command->path, "://") != NULL);
    reading_limits_begin(&command->limits, command->path);
    rc = trace_reader_open(&options, &command->reader, err);
    if (is_named && (rc == -ENOENT || rc == -ENOTDIR || rc == -ENODATA))
        command_hint_add(command->usage->name, err);
    if (rc < 0)
        return rc;
    read_notes(command);
    if (!is_named)
        log_info("reading %s", command->path);
    set_range(command);
    return open_output(command, err);
}

int trace_command_run(struct trace_command *command, const struct call_visitor *visitor,
                      struct error *err)
{
    reading_limits_progress(&command->limits);
    int rc = trace_reader_run(command->reader, visitor, err);
    if (rc == -ECANCELED && reader_signals_interrupted())
        rc = 0;
    reading_limits_end(&command->limits);
    reader_signals_end();
    reading_progress_end(&command->progress);
    return rc;
}

const struct call_costs *trace_command_costs(struct trace_command *command, bool raw)
{
    struct error why;
    int rc = raw ? -ECANCELED : trace_notes_read_costs(command->path, command->costs, &why);
    if (rc == 0)
        return command->costs;
    if (rc != -ECANCELED && rc != -ENOENT && rc != -ENODATA && rc != -ENOTDIR &&
        !command->notes_failed)
        log_warning("%s", why.text);
    command->costs_unknown = rc != -ECANCELED;
    return NULL;
}

void trace_command_remarks(const struct trace_command *command)
{
    char line[ERROR_TEXT_MAX];
    size_t position = 0;
    if (command->costs_unknown)
        log_info("times are raw: what tracing cost is not known of this trace");
    while (trace_reader_remark(command->reader, &position, line, sizeof(line)))
        log_info("%s", line);
    unmatched_in_trace_say(command->select, trace_reader_functions(command->reader), "");
}

struct trace_output trace_command_output(struct trace_command *command, bool wide)
{
    int fd = fileno(command->stream);
    struct trace_output output = {
        .stream = command->stream,
        .columns = wide ? 0 : terminal_columns(fd),
        .colours = terminal_has_colours(fd),
    };
    if (command->stream == stdout)
        pager_start(&command->pager);
    if (command->pager.stream)
        output.stream = command->pager.stream;
    return output;
}

int trace_command_close(struct trace_command *command, struct error *err)
{
    FILE *stream = command->stream;
    int code = 0;
    if (!stream)
        return 0;
    if (command->pager.stream)
        code = pager_end(&command->pager);
    command->stream = NULL;
    if (code == -ENOEXEC)
        return error_set(err, code, "cannot run the pager: see PAGER in the environment");
    if (ferror(stream))
        code = errno ? -errno : -EIO;
    if (fflush(stream) != 0 || (stream != stdout && fclose(stream) != 0))
        code = -errno;
    if (code < 0 && code != -EPIPE)
        error_set(err, code, "cannot write to %s: %s",
                  command->output && stream != stdout ? command->output : "stdout",
                  strerror(-code));
    return code;
}

void trace_command_end(struct trace_command *command)
{
    if (command->pager.stream && pager_end(&command->pager) < 0)
        log_debug("the pager has ended early");
    if (command->stream && command->stream != stdout)
        fclose(command->stream);
    reading_limits_end(&command->limits);
    reader_signals_end();
    trace_reader_free(command->reader);
    trace_symbols_free(&command->symbols);
    trace_modules_free(&command->modules);
    function_filter_free(command->select);
    pairing_notes_free(&command->notes);
    vec_free(&command->pids);
    vec_free(&command->tids);
    free(command->path);
}

int trace_command_main(const struct trace_usage *usage, int argc, char **argv,
                       int (*run)(struct trace_command *command, void *data, struct error *err))
{
    struct trace_command command;
    struct error err = {0};
    int rc = -EINVAL;
    enum trace_verdict verdict = trace_command_parse(&command, usage, argc, argv, &err);
    if (verdict == TRACE_RUN)
        rc = run(&command, usage->data, &err);
    else if (verdict == TRACE_DONE)
        rc = fflush(stdout) == 0
                 ? 0
                 : error_set(&err, -errno, "cannot write to stdout: %s", strerror(errno));
    if (rc < 0 && rc != -EPIPE)
        log_error("%s", err.text);
    trace_command_end(&command);
    return rc == -EPIPE ? EXIT_SUCCESS : rc < 0 ? EXIT_TRACER_FAILED : rc;
}
