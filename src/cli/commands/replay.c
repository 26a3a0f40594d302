/* SPDX-License-Identifier: MIT */
#include "cli/commands/replay.h"

#include <errno.h>

#include "analysis/replay.h"
#include "cli/nothing_found.h"
#include "cli/trace_command.h"

static const char HELP[] = "Usage: ptrace_tracer replay [OPTION...] [TRACE]\n"
                           "Print the calls in a trace as --print does while a program runs.\n"
                           "\n"
                           "  -t, --timestamp         time of day in front of each line\n";

static const struct option OPTIONS[] = {{"timestamp", no_argument, NULL, 't'}, {0}};

static int take_replay_option(void *data, int option, const char *argument, struct error *err)
{
    bool *timestamp = data;
    (void)option, (void)argument, (void)err;
    *timestamp = true;
    return 0;
}

/* 0, 1 if nothing matched, or a negative errno. */
static int replay_trace(struct trace_command *command, void *data, struct error *err)
{
    const bool *timestamp = data;
    int rc = trace_command_open(command, err);
    if (rc < 0)
        return rc;
    struct replay *replay = replay_new(command->stream, *timestamp);
    if (!replay)
        return error_set(err, -ENOMEM, "out of memory");
    rc = trace_command_run(command, replay_visitor(replay), err);
    int closed = trace_command_close(command, err);
    bool found = replay_lines(replay) > 0;
    replay_free(replay);
    if (closed < 0)
        return closed;
    if (rc < 0)
        return rc;
    trace_command_remarks(command);
    if (!found)
        nothing_found_say(command);
    return found ? 0 : 1;
}

int replay_run(int argc, char **argv)
{
    bool timestamp = false;
    const struct trace_usage usage = {
        .name = "replay",
        .help = HELP,
        .short_options = "t",
        .long_options = OPTIONS,
        .option = take_replay_option,
        .data = &timestamp,
        .writes_early = true,
    };
    return trace_command_main(&usage, argc, argv, replay_trace);
}
