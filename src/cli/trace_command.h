/* SPDX-License-Identifier: MIT */
/*
 * What the commands that read a trace have in common: the options -f, -x, --begin, --end, --pid,
 * --tid, -o, -q, -v, the trace they read if none is named, progress, and what they say at the end.
 *
 *     struct trace_command command;
 *     trace_command_parse(&command, &usage, argc, argv, err)   // usage.option() takes others
 *     trace_command_open(&command, err)
 *     trace_command_run(&command, &visitor, err)
 *     trace_command_remarks(&command)
 *     trace_command_end(&command)
 */
#ifndef CLI_TRACE_COMMAND_H
#define CLI_TRACE_COMMAND_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "analysis/trace_notes.h"
#include "analysis/trace_reader.h"
#include "cli/pager.h"
#include "cli/reading_limits.h"
#include "cli/reading_progress.h"
#include "cli/trace_modules.h"
#include "cli/trace_symbols.h"
#include "cli/trace_time.h"
#include "model/call_times.h"
#include "symbols/function_filter.h"
#include "util/error.h"
#include "util/vec.h"

/* The options of one command. */
struct trace_usage {
    const char *name; /* "replay" */
    const char *help; /* the text of --help, up to the common options */
    /* Further options: short ones for getopt(3), and long ones, of which the last is all 0. Values
       of long ones without a letter begin at TRACE_OPTION. */
    const char *short_options;
    const struct option *long_options;
    /* Takes one of these. 0, or a negative errno with err filled. */
    int (*option)(void *data, int option, const char *argument, struct error *err);
    void *data;
    bool writes_early; /* lines of output while the trace is read, not only after that */
};

enum { TRACE_OPTION = 512, TRACE_OPTIONS_MAX = 32 };

struct trace_command {
    const struct trace_usage *usage;
    struct function_filter *select;
    VEC(pid_t) pids;
    VEC(pid_t) tids;
    struct trace_time begin, end;
    const char *output; /* NULL or "-": stdout */
    char *path;         /* of the trace */
    bool quiet;
    bool verbose;
    struct trace_symbols symbols;
    struct trace_modules modules; /* read if a pattern asks for them */
    struct trace_reader *reader;
    FILE *stream;                        /* opened by trace_command_open() */
    struct call_costs costs[COSTS_WAYS]; /* trace_command_costs() */
    bool costs_unknown;                  /* times are raw, which nobody has asked for */
    struct pager pager;
    struct reading_progress progress;
    struct pairing_notes notes;
    bool notes_failed; /* it was said that they cannot be read */
    struct reading_limits limits;
};

enum trace_verdict { TRACE_RUN, TRACE_DONE /* --help: printed */, TRACE_WRONG };

/* argv[0] is the command. trace_command_end() also after an error. */
enum trace_verdict trace_command_parse(struct trace_command *command,
                                       const struct trace_usage *usage, int argc, char **argv,
                                       struct error *err);
/* Finds the trace, opens it and the output. */
MUST_CHECK int trace_command_open(struct trace_command *command, struct error *err);
/* trace_reader_run(). */
MUST_CHECK int trace_command_run(struct trace_command *command, const struct call_visitor *visitor,
                                 struct error *err);
/*
 * After trace_command_open(): the costs of tracing that times are to be net of; NULL: times are
 * raw, as the user has asked (`raw`), or since the costs are not known, which
 * trace_command_remarks() says.
 */
const struct call_costs *trace_command_costs(struct trace_command *command, bool raw);
/* After reading, before all of the output is written at once: where to write it to, which may be a
   pager, and what can be shown there. `wide`: lines have any length. */
struct trace_output {
    FILE *stream;
    unsigned columns; /* terminal_columns() */
    bool colours;
};
struct trace_output trace_command_output(struct trace_command *command, bool wide);
/* Prints what is to be said of the trace besides its calls, on stderr. */
void trace_command_remarks(const struct trace_command *command);
/* Closes the output. -EPIPE: its reader has gone, which is no error. */
MUST_CHECK int trace_command_close(struct trace_command *command, struct error *err);
void trace_command_end(struct trace_command *command);

/* The name without the list of parameters that tells overloaded functions apart: a copy, or NULL if
   there is none. */
char *trace_command_plain_name(const char *name);

/* Whether the filter selects a function of the trace. */
bool trace_command_matches(struct trace_command *command, const struct function_filter *filter,
                           const char *module, const char *name);

/*
 * All of a command but reading the trace, which `run` does: 0, 1 if nothing matched, or a negative
 * errno, with err filled unless it is -EPIPE. Returns the exit status.
 */
int trace_command_main(const struct trace_usage *usage, int argc, char **argv,
                       int (*run)(struct trace_command *command, void *data, struct error *err));

#endif
