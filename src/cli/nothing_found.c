/* SPDX-License-Identifier: MIT */
#include "cli/nothing_found.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "util/log.h"

enum { NS_PER_S = 1000000000 };

static void put_time(FILE *stream, uint64_t ns)
{
    const time_t seconds = (time_t)(ns / NS_PER_S);
    struct tm local;
    char text[64];
    if (localtime_r(&seconds, &local) && strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &local))
        fprintf(stream, "%s.%09" PRIu64, text, ns % NS_PER_S);
    else
        fprintf(stream, "%" PRIu64 ".%09" PRIu64, ns / NS_PER_S, ns % NS_PER_S);
}

/* Patterns that match nothing have been named: trace_command_remarks(). */
static void say_of_functions(const struct trace_command *command)
{
    const struct function_table *functions = trace_reader_functions(command->reader);
    size_t n = function_table_count(functions), selected = 0;
    for (size_t i = 0; i < n; i++)
        selected += function_table_at(functions, (uint32_t)i)->selected;
    if (trace_reader_counts(command->reader)->events == 0)
        log_warning("there are no calls in %s", command->path);
    else if (selected == 0 && !function_filter_has_unmatched(command->select))
        log_warning("--exclude leaves out all functions of the trace");
}

void nothing_found_say(const struct trace_command *command)
{
    const struct {
        const char *name;
        bool is_given;
    } options[] = {
        {"--begin", command->begin.kind != TIME_NONE},
        {"--end", command->end.kind != TIME_NONE},
        {"--pid", command->pids.count > 0},
        {"--tid", command->tids.count > 0},
    };
    char line[512] = "";
    FILE *stream = fmemopen(line, sizeof(line), "w");
    const char *separator = "";
    uint64_t begin_ns, end_ns;
    if (!stream)
        return;
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
        if (options[i].is_given) {
            fprintf(stream, "%s%s", separator, options[i].name);
            separator = ", ";
        }
    if ((options[0].is_given || options[1].is_given) &&
        trace_reader_range(command->reader, &begin_ns, &end_ns)) {
        fprintf(stream, ": the trace is from ");
        put_time(stream, begin_ns);
        fprintf(stream, " to ");
        put_time(stream, end_ns);
    }
    fclose(stream);
    if (*separator)
        log_warning("no call in the trace matches %s", line);
    else
        say_of_functions(command);
}
