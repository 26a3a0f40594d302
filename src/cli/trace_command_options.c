/* SPDX-License-Identifier: MIT */
/* The command line of a command that reads a trace. */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/id_list.h"
#include "cli/refused_option.h"
#include "cli/trace_command.h"

enum { OPT_BEGIN = 256, OPT_END, OPT_PID, OPT_TID };

static const struct option COMMON[] = {
    {"function", required_argument, NULL, 'f'},    {"exclude", required_argument, NULL, 'x'},
    {"begin", required_argument, NULL, OPT_BEGIN}, {"end", required_argument, NULL, OPT_END},
    {"pid", required_argument, NULL, OPT_PID},     {"tid", required_argument, NULL, OPT_TID},
    {"output", required_argument, NULL, 'o'},      {"quiet", no_argument, NULL, 'q'},
    {"verbose", no_argument, NULL, 'v'},           {"help", no_argument, NULL, 'h'},
};

enum { N_COMMON = sizeof(COMMON) / sizeof(COMMON[0]) };

static const char COMMON_HELP[] =
    "  -f, --function=PATTERN  only these functions (repeatable): ERE[@MODULE-GLOB]\n"
    "  -x, --exclude=PATTERN   leave these out (repeatable, wins over -f)\n"
    "      --begin=TIME        from this time on: [DATE ]hh:mm:ss[.fraction], seconds since\n"
    "                          the epoch, or +SECONDS after the trace begins\n"
    "      --end=TIME          up to this time\n"
    "      --pid=PID[,PID...]  only these processes (repeatable)\n"
    "      --tid=TID[,TID...]  only these threads (repeatable)\n"
    "  -o, --output=FILE       write to FILE; - is stdout\n"
    "  -q, --quiet             print errors only\n"
    "  -v, --verbose           print more\n"
    "  -h, --help              print this and exit\n"
    "\n"
    "TRACE is a directory with CTF traces of functions, or the URL of a live session. Without\n"
    "it: the newest ./ptrace_tracer-*, else the trace of the current LTTng session.\n"
    "To trace a program that is named like a command: ptrace_tracer -- PROGRAM.\n"
    "See ptrace_tracer(1).\n";

/* "what: how to trace a program of the command's name". */
static int wrong(const struct trace_command *command, struct error *err, const char *format, ...)
    PRINTF_LIKE(3, 4);
static int wrong(const struct trace_command *command, struct error *err, const char *format, ...)
{
    char what[ERROR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    return error_set(err, -EINVAL,
                     "%s (see ptrace_tracer %s --help; to trace a program '%s': ptrace_tracer -- "
                     "%s)",
                     what, command->usage->name, command->usage->name, command->usage->name);
}

static int add_ids(struct trace_command *command, const char *option, const char *list, bool is_pid,
                   struct error *err)
{
    struct error ignored;
    pid_t id;
    int r, n = 0;
    for (const char *at = list; (r = id_list_next(&at, &id, &ignored)) > 0; n++) {
        pid_t *place = is_pid ? vec_push(&command->pids) : vec_push(&command->tids);
        if (!place)
            return error_set(err, -ENOMEM, "out of memory");
        *place = id;
    }
    if (r < 0 || n == 0)
        return wrong(command, err, "%s takes a list of numbers, not '%s'", option, list);
    return 0;
}

static int set_time(struct trace_command *command, const char *option, const char *text,
                    struct trace_time *time, struct error *err)
{
    return trace_time_parse(text, time) == 0
               ? 0
               : wrong(command, err,
                       "%s takes [DATE ]hh:mm:ss[.fraction], seconds since the epoch, or +SECONDS, "
                       "not '%s'",
                       option, text);
}

static int take_option(struct trace_command *command, int option, const char *argument,
                       struct error *err)
{
    switch (option) {
    case 'f':
    case 'x':
        return function_filter_add(command->select, argument, option == 'x', err);
    case OPT_BEGIN:
        return set_time(command, "--begin", argument, &command->begin, err);
    case OPT_END:
        return set_time(command, "--end", argument, &command->end, err);
    case OPT_PID:
    case OPT_TID:
        return add_ids(command, option == OPT_PID ? "--pid" : "--tid", argument, option == OPT_PID,
                       err);
    case 'o':
        command->output = argument;
        return 0;
    case 'q':
        command->quiet = true;
        return 0;
    case 'v':
        command->verbose = true;
        return 0;
    default:
        return command->usage->option(command->usage->data, option, argument, err);
    }
}

static int take_operand(struct trace_command *command, int argc, char **argv, struct error *err)
{
    if (argc - optind > 1)
        return wrong(command, err, "%s reads one trace, and '%s' is one more", command->usage->name,
                     argv[optind + 1]);
    if (command->quiet && command->verbose)
        return wrong(command, err, "--quiet and --verbose exclude each other");
    if (optind < argc && !*argv[optind])
        return wrong(command, err, "the name of the trace is empty");
    if (optind < argc && !(command->path = strdup(argv[optind])))
        return error_set(err, -ENOMEM, "out of memory");
    return 0;
}

enum trace_verdict trace_command_parse(struct trace_command *command,
                                       const struct trace_usage *usage, int argc, char **argv,
                                       struct error *err)
{
    struct option long_options[N_COMMON + TRACE_OPTIONS_MAX + 1] = {0};
    size_t n = N_COMMON;
    char short_options[64];
    struct refused_option refused;
    char text[REFUSED_TEXT_MAX];
    *command = (struct trace_command){.usage = usage};
    if (function_filter_new(&command->select) < 0) {
        error_set(err, -ENOMEM, "out of memory");
        return TRACE_WRONG;
    }
    memcpy(long_options, COMMON, sizeof(COMMON));
    for (const struct option *more = usage->long_options;
         more && more->name && n < N_COMMON + TRACE_OPTIONS_MAX; more++)
        long_options[n++] = *more;
    snprintf(short_options, sizeof(short_options), ":f:x:o:qvh%s",
             usage->short_options ? usage->short_options : "");
    opterr = 0;
    optind = 0;
    for (int option; (option = getopt_long(argc, argv, short_options, long_options, NULL)) != -1;) {
        if (option == 'h') {
            fputs(usage->help, stdout);
            fputs(COMMON_HELP, stdout);
            return TRACE_DONE;
        }
        bool is_refused = option == '?' || option == ':';
        if (is_refused) {
            refused = refused_option(option, argc, argv, short_options, long_options);
            refused_option_text(&refused, usage->name, text);
        }
        int rc = is_refused ? wrong(command, err, "%s", text)
                            : take_option(command, option, optarg, err);
        if (rc < 0)
            return TRACE_WRONG;
    }
    return take_operand(command, argc, argv, err) < 0 ? TRACE_WRONG : TRACE_RUN;
}
