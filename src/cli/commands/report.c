/* SPDX-License-Identifier: MIT */
#include "cli/commands/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/condition.h"
#include "analysis/trace_profile.h"
#include "cli/nothing_found.h"
#include "cli/trace_command.h"
#include "model/profile_table.h"
#include "util/cleanup.h"
#include "util/log.h"

static const char HELP[] =
    "Usage: ptrace_tracer report [OPTION...] [TRACE]\n"
    "Print a table of the calls in a trace: how many, and how long they took.\n"
    "\n"
    "      --by=WHAT           a line for each function (the default), caller, thread, module, or\n"
    "                          value of a field: --by=size, --by=retval\n"
    "      --sort=COLUMN       self (the default), total, calls, mean, p50, p99, max,\n"
    "                          cpu, wait\n"
    "      --fail=CONDITION    count the calls that have failed: --fail='retval < 0'\n"
    "      --format=FORMAT     text, csv or json\n"
    "      --wide              do not cut names\n"
    "      --raw               times as recorded: not net of what tracing cost\n";

enum { OPT_BY = TRACE_OPTION, OPT_SORT, OPT_FAIL, OPT_FORMAT, OPT_WIDE, OPT_RAW };

static const struct option OPTIONS[] = {
    {"by", required_argument, NULL, OPT_BY},
    {"sort", required_argument, NULL, OPT_SORT},
    {"fail", required_argument, NULL, OPT_FAIL},
    {"format", required_argument, NULL, OPT_FORMAT},
    {"wide", no_argument, NULL, OPT_WIDE},
    {"raw", no_argument, NULL, OPT_RAW},
    {0},
};

struct report {
    const char *by;
    enum profile_column sort;
    enum profile_format format;
    struct condition *fail;
    bool wide;
    bool raw;
};

static int take_report_option(void *data, int option, const char *argument, struct error *err)
{
    struct report *report = data;
    int value;
    switch (option) {
    case OPT_BY:
        if (!*argument)
            return error_set(err, -EINVAL,
                             "--by takes function, caller, thread, module, or the name of a field");
        report->by = argument;
        return 0;
    case OPT_SORT:
        value = profile_column_of(argument);
        if (value < 0)
            return error_set(err, value,
                             "--sort takes self, total, calls, mean, p50, p99, max, cpu or wait, "
                             "not '%s'",
                             argument);
        report->sort = (enum profile_column)value;
        return 0;
    case OPT_FAIL: {
        struct error why;
        condition_free(report->fail);
        value = condition_parse(argument, &report->fail, &why);
        return value < 0 ? error_set(err, value, "--fail: %s", why.text) : 0;
    }
    case OPT_FORMAT:
        value = profile_format_of(argument);
        if (value < 0)
            return error_set(err, value, "--format takes text, csv or json, not '%s'", argument);
        report->format = (enum profile_format)value;
        return 0;
    case OPT_WIDE:
        report->wide = true;
        return 0;
    default:
        report->raw = true;
        return 0;
    }
}

static struct trace_profile_options profile_options(const struct report *report)
{
    static const char *const kinds[] = {[BY_FUNCTION] = "function",
                                        [BY_CALLER] = "caller",
                                        [BY_THREAD] = "thread",
                                        [BY_MODULE] = "module"};
    struct trace_profile_options options = {.by = BY_FUNCTION, .fail = report->fail};
    while (options.by < BY_FIELD && strcmp(kinds[options.by], report->by) != 0)
        options.by++;
    if (options.by == BY_FIELD)
        options.field = report->by;
    return options;
}

static int write_report(const struct report *report, const struct trace_profile *profile, bool net,
                        struct trace_command *command)
{
    size_t n;
    cleanup(cleanup_free) struct profile_line *lines = trace_profile_lines(profile, &n);
    const struct trace_output output = trace_command_output(command, report->wide);
    const struct profile_style style = {
        .format = report->format,
        .by = report->by,
        .with_failed = report->fail,
        .with_cpu = trace_profile_has_cpu(profile),
        .net = net,
        .width = output.columns,
        .colours = output.colours,
    };
    if (!lines)
        return -ENOMEM;
    profile_lines_sort(lines, n, report->sort);
    profile_table_write(output.stream, lines, n, &style);
    return n ? 0 : 1;
}

/* What the user asked for and the trace does not have. */
static void remark_fields(const struct report *report, const struct trace_profile *profile)
{
    const char *name = trace_profile_unknown_name(profile);
    if (!trace_profile_has_field(profile))
        log_warning("no event has a field '%s'", report->by);
    if ((report->sort == PROFILE_CPU || report->sort == PROFILE_WAIT) &&
        !trace_profile_has_cpu(profile))
        log_warning("--sort: no event has a field 'cpu', which --with=cpu records");
    if (name)
        log_warning("--fail: no event has a field '%s'", name);
}

static void release_profile(struct trace_profile **profile)
{
    trace_profile_free(*profile);
}

static int report_trace(struct trace_command *command, void *data, struct error *err)
{
    const struct report *report = data;
    struct trace_profile_options options = profile_options(report);
    int rc = trace_command_open(command, err);
    if (rc < 0)
        return rc;
    options.costs = trace_command_costs(command, report->raw);
    cleanup(release_profile) struct trace_profile *profile = trace_profile_new(&options);
    if (!profile)
        return error_set(err, -ENOMEM, "out of memory");
    const struct call_visitor visitor = trace_profile_visitor(profile);
    rc = trace_command_run(command, &visitor, err);
    if (rc < 0)
        return rc == -ENOMEM && !err->code ? error_set(err, rc, "out of memory") : rc;
    int found = write_report(report, profile, options.costs, command);
    if (found < 0)
        return error_set(err, found, "out of memory");
    rc = trace_command_close(command, err);
    if (rc < 0)
        return rc;
    trace_command_remarks(command);
    remark_fields(report, profile);
    if (found == 1)
        nothing_found_say(command);
    return found;
}

int report_run(int argc, char **argv)
{
    struct report report = {.by = "function", .sort = PROFILE_SELF};
    const struct trace_usage usage = {
        .name = "report",
        .help = HELP,
        .long_options = OPTIONS,
        .option = take_report_option,
        .data = &report,
    };
    int status = trace_command_main(&usage, argc, argv, report_trace);
    condition_free(report.fail);
    return status;
}
