/* SPDX-License-Identifier: MIT */
#include "cli/commands/graph.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/call_graph.h"
#include "analysis/call_graph_text.h"
#include "cli/nothing_found.h"
#include "cli/trace_command.h"
#include "cli/unmatched_in_trace.h"
#include "symbols/function_filter.h"
#include "util/cleanup.h"
#include "util/duration_text.h"
#include "util/log.h"

static const char HELP[] =
    "Usage: ptrace_tracer graph [OPTION...] [TRACE]\n"
    "Print the tree of the calls in a trace, those of one path merged.\n"
    "\n"
    "      --root=PATTERN      the trees of these functions, as with -f (repeatable)\n"
    "      --callers=PATTERN   who calls these functions, as trees (repeatable)\n"
    "      --depth=N           at most N levels\n"
    "      --min=TIME          only what took so long: 100us, 5ms, 1.5s\n"
    "      --fold              one line for recursion, and for functions called by one whose\n"
    "                          names differ in numbers and template arguments only\n"
    "      --wide              do not cut names\n"
    "      --raw               times as recorded: not net of what tracing cost\n";

enum { OPT_ROOT = TRACE_OPTION, OPT_CALLERS, OPT_DEPTH, OPT_MIN, OPT_FOLD, OPT_WIDE, OPT_RAW };

static const struct option OPTIONS[] = {
    {"root", required_argument, NULL, OPT_ROOT},
    {"callers", required_argument, NULL, OPT_CALLERS},
    {"depth", required_argument, NULL, OPT_DEPTH},
    {"min", required_argument, NULL, OPT_MIN},
    {"fold", no_argument, NULL, OPT_FOLD},
    {"wide", no_argument, NULL, OPT_WIDE},
    {"raw", no_argument, NULL, OPT_RAW},
    {0},
};

struct graph {
    struct trace_command *command; /* while it runs */
    struct function_filter *roots; /* NULL: not --root, nor --callers */
    bool has_root, has_callers;
    unsigned depth;
    uint64_t min_ns;
    bool fold;
    bool wide;
    bool raw;
};

static int add_root(struct graph *graph, const char *pattern, struct error *err)
{
    if (graph->has_root && graph->has_callers)
        return error_set(err, -EINVAL, "--root and --callers exclude each other");
    if (!graph->roots && function_filter_new(&graph->roots) < 0)
        return error_set(err, -ENOMEM, "out of memory");
    return function_filter_add(graph->roots, pattern, false, err);
}

static int take_graph_option(void *data, int option, const char *argument, struct error *err)
{
    struct graph *graph = data;
    char *end;
    switch (option) {
    case OPT_ROOT:
        graph->has_root = true;
        return add_root(graph, argument, err);
    case OPT_CALLERS:
        graph->has_callers = true;
        return add_root(graph, argument, err);
    case OPT_DEPTH:
        errno = 0;
        unsigned long depth = strtoul(argument, &end, 10);
        if (*end || end == argument || errno || depth < 1 || depth > UINT32_MAX ||
            strspn(argument, "0123456789") != strlen(argument))
            return error_set(err, -EINVAL, "--depth takes a number from 1, not '%s'", argument);
        graph->depth = (unsigned)depth;
        return 0;
    case OPT_MIN:
        if (duration_parse(argument, &graph->min_ns) < 0)
            return error_set(err, -EINVAL,
                             "--min takes a time such as 100us, 5ms or 1.5s, not '%s'", argument);
        return 0;
    case OPT_FOLD:
        graph->fold = true;
        return 0;
    case OPT_WIDE:
        graph->wide = true;
        return 0;
    default:
        graph->raw = true;
        return 0;
    }
}

static bool is_root(void *data, const struct traced_function *function)
{
    const struct graph *graph = data;
    return trace_command_matches(graph->command, graph->roots, function->module, function->name);
}

static void release_graph(struct call_graph **graph)
{
    call_graph_free(*graph);
}

static int graph_trace(struct trace_command *command, void *data, struct error *err)
{
    struct graph *graph = data;
    graph->command = command;
    struct call_graph_options options = {
        .is_root = graph->roots ? is_root : NULL,
        .data = graph,
        .callers = graph->has_callers,
        .depth = graph->depth,
        .fold = graph->fold,
    };
    int rc = trace_command_open(command, err);
    if (rc < 0)
        return rc;
    options.costs = trace_command_costs(command, graph->raw);
    cleanup(release_graph) struct call_graph *calls = call_graph_new(&options);
    if (!calls)
        return error_set(err, -ENOMEM, "out of memory");
    const struct call_visitor visitor = call_graph_visitor(calls);
    rc = trace_command_run(command, &visitor, err);
    if (rc == 0)
        rc = call_graph_finish(calls);
    if (rc < 0)
        return rc == -ENOMEM && !err->code ? error_set(err, rc, "out of memory") : rc;
    const struct trace_output output = trace_command_output(command, graph->wide);
    const struct call_graph_style style = {
        .min_ns = graph->min_ns,
        .width = output.columns,
        .colours = output.colours,
    };
    size_t n = call_graph_write(calls, output.stream, &style);
    rc = trace_command_close(command, err);
    if (rc < 0)
        return rc;
    trace_command_remarks(command);
    if (graph->roots)
        unmatched_in_trace_say(graph->roots, trace_reader_functions(command->reader),
                               graph->has_callers ? "--callers: " : "--root: ");
    if (call_graph_unplaced(calls))
        log_info("%" PRIu64 " calls are not shown: there are more than %d paths",
                 call_graph_unplaced(calls), GRAPH_NODES_MAX);
    if (!n)
        nothing_found_say(command);
    return n ? 0 : 1;
}

int graph_run(int argc, char **argv)
{
    struct graph graph = {0};
    const struct trace_usage usage = {
        .name = "graph",
        .help = HELP,
        .long_options = OPTIONS,
        .option = take_graph_option,
        .data = &graph,
    };
    int status = trace_command_main(&usage, argc, argv, graph_trace);
    function_filter_free(graph.roots);
    return status;
}
