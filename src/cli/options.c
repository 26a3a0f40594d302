/* SPDX-License-Identifier: MIT */
#include "cli/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/help.h"
#include "cli/id_list.h"
#include "cli/refused_option.h"
#include "model/hit.h"
#include "symbols/extra_fields.h"

enum {
    OPT_PATTERNS = 256,
    OPT_FORCE,
    OPT_SESSION,
    OPT_ENTRY_ONLY,
    OPT_NO_PIN,
    OPT_STATS,
    OPT_STRING_LIMIT,
    OPT_WITH,
    OPT_STACK,
    OPT_STRINGS,
    OPT_DEREF,
    OPT_IN_PROCESS,
    OPT_TYPES,
    OPT_MODULES,
};

static const struct option LONG_OPTIONS[] = {
    {"pid", required_argument, NULL, 'p'},
    {"function", required_argument, NULL, 'f'},
    {"exclude", required_argument, NULL, 'x'},
    {"patterns", required_argument, NULL, OPT_PATTERNS},
    {"output", required_argument, NULL, 'o'},
    {"force", no_argument, NULL, OPT_FORCE},
    {"session", required_argument, NULL, OPT_SESSION},
    {"print", optional_argument, NULL, 'P'},
    {"timestamp", no_argument, NULL, 't'},
    {"summary", no_argument, NULL, 'c'},
    {"follow-forks", no_argument, NULL, 'F'},
    {"entry-only", no_argument, NULL, OPT_ENTRY_ONLY},
    {"string-limit", required_argument, NULL, OPT_STRING_LIMIT},
    {"with", required_argument, NULL, OPT_WITH},
    {"stack", required_argument, NULL, OPT_STACK},
    {"strings", required_argument, NULL, OPT_STRINGS},
    {"deref", required_argument, NULL, OPT_DEREF},
    {"in-process", no_argument, NULL, OPT_IN_PROCESS},
    {"types", required_argument, NULL, OPT_TYPES},
    {"list", no_argument, NULL, 'l'},
    {"modules", no_argument, NULL, OPT_MODULES},
    {"no-pin", no_argument, NULL, OPT_NO_PIN},
    {"stats", no_argument, NULL, OPT_STATS},
    {"quiet", no_argument, NULL, 'q'},
    {"verbose", no_argument, NULL, 'v'},
    {"help", optional_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {0},
};

/* '+': stop at the program's name, the rest are its arguments. */
static const char LETTERS[] = "+:p:f:x:o:P::tcFlqvhV";

#define SEE_HELP " (see ptrace_tracer --help)"

/* Accepts only digits. false: not a number from 1 to max. */
static bool parse_number(const char *text, long max, long *number)
{
    return id_list_number(text, strlen(text), max, number);
}

static int add_pid(struct options *options, pid_t id, struct error *err)
{
    for (size_t i = 0; i < options->pids.count; i++)
        if (options->pids.items[i] == id)
            return 0;
    pid_t *pid = vec_push(&options->pids);
    if (!pid)
        return error_set(err, -ENOMEM, "out of memory");
    *pid = id;
    return 0;
}

/* `list`: what -p takes, or an operand. */
static int add_pids(struct options *options, const char *list, struct error *err)
{
    pid_t id;
    int r, n = 0;
    for (const char *at = list; (r = id_list_next(&at, &id, err)) > 0; n++)
        if ((r = add_pid(options, id, err)) < 0)
            break;
    if (r == 0 && n == 0)
        return error_set(err, -EINVAL,
                         "--pid has no process ID: the list is empty, as pidof(1) prints it when "
                         "no such program runs");
    return r;
}

static int add_file(const char **place, const char *path, struct error *err)
{
    if (!place)
        return error_set(err, -ENOMEM, "out of memory");
    *place = path;
    return 0;
}

/* `list`: names separated by commas. */
static int add_extra_fields(struct options *options, const char *list, struct error *err)
{
    for (const char *at = list;; at++) {
        size_t length = strcspn(at, ",");
        unsigned extra = 0;
        const char *name;
        while ((name = extra_field_name(extra)) &&
               (strlen(name) != length || strncmp(name, at, length) != 0))
            extra++;
        if (!name)
            return error_set(err, -EINVAL,
                             "--with takes a list of depth, duration, cpu, caller, tid, pid, "
                             "stack; '%.*s' is none of them",
                             (int)length, at);
        options->with |= 1u << extra;
        at += length;
        if (!*at)
            return 0;
    }
}

static int apply(struct options *options, int option, const char *argument, struct error *err)
{
    long number;
    switch (option) {
    case 'p':
        return add_pids(options, argument, err);
    case 'f':
        return function_filter_add(options->select, argument, false, err);
    case 'x':
        return function_filter_add(options->select, argument, true, err);
    case OPT_PATTERNS:
        return add_file(vec_push(&options->pattern_files), argument, err);
    case OPT_TYPES:
        return add_file(vec_push(&options->type_files), argument, err);
    case 'o':
        options->output = argument;
        return 0;
    case OPT_FORCE:
        options->force = true;
        return 0;
    case OPT_SESSION:
        options->session = argument;
        return 0;
    case 'P':
        options->print = true;
        options->print_file = argument;
        return 0;
    case 't':
        options->timestamp = true;
        return 0;
    case 'c':
        options->summary = true;
        return 0;
    case 'F':
        options->follow_forks = true;
        return 0;
    case OPT_ENTRY_ONLY:
        options->entry_only = true;
        return 0;
    case OPT_STRING_LIMIT:
        if (!parse_number(argument, HIT_STRING_MAX, &number))
            return error_set(err, -EINVAL, "--string-limit takes a number from 1 to %d, not '%s'",
                             HIT_STRING_MAX, argument);
        options->string_limit = (size_t)number;
        return 0;
    case OPT_WITH:
        return add_extra_fields(options, argument, err);
    case OPT_STACK:
        if (!parse_number(argument, HIT_STACK_MAX, &number))
            return error_set(err, -EINVAL, "--stack takes a number from 1 to %d, not '%s'",
                             HIT_STACK_MAX, argument);
        options->stack_frames = (size_t)number;
        options->with |= 1u << EXTRA_STACK;
        return 0;
    case OPT_STRINGS:
        if (strcmp(argument, "all") != 0 && strcmp(argument, "const") != 0)
            return error_set(err, -EINVAL, "--strings takes 'const' or 'all', not '%s'", argument);
        options->value_options.all_strings = strcmp(argument, "all") == 0;
        return 0;
    case OPT_DEREF:
        number = 0;
        if (strcmp(argument, "0") != 0 && !parse_number(argument, DEREF_MAX, &number))
            return error_set(err, -EINVAL, "--deref takes a number from 0 to %d, not '%s'",
                             DEREF_MAX, argument);
        options->value_options.deref = (unsigned)number;
        return 0;
    case 'l':
        options->command = COMMAND_LIST;
        return 0;
    case OPT_MODULES:
        options->command = COMMAND_MODULES;
        return 0;
    case OPT_NO_PIN:
        options->no_pin = true;
        return 0;
    case OPT_IN_PROCESS:
        options->in_process = true;
        return 0;
    case OPT_STATS:
        options->stats = true;
        return 0;
    case 'q':
        options->quiet = true;
        return 0;
    default:
        options->verbose = true;
        return 0;
    }
}

static int check_options(struct options *options, struct error *err)
{
    if (options->program && options->pids.count > 0)
        return error_set(err, -EINVAL, "give either a program or processes, not both");
    if (!options->program && options->pids.count == 0)
        return error_set(err, -EINVAL,
                         "no program and no process given (see ptrace_tracer --help)");
    if (options->print && (options->output || options->session))
        return error_set(err, -EINVAL, "--print uses no LTTng: leave out --output and --session");
    if (options->output && options->session)
        return error_set(err, -EINVAL,
                         "--session and --output exclude each other: a session has its output");
    if (options->force && !options->output)
        return error_set(err, -EINVAL, "--force goes with --output");
    if (options->timestamp && !options->print)
        return error_set(err, -EINVAL, "--timestamp goes with --print");
    if (options->entry_only &&
        options->with & (1u << EXTRA_DEPTH | 1u << EXTRA_DURATION | 1u << EXTRA_CPU))
        return error_set(err, -EINVAL,
                         "--with=depth, --with=duration and --with=cpu need exits: leave out "
                         "--entry-only");
    if (options->quiet && options->verbose)
        return error_set(err, -EINVAL, "--quiet and --verbose exclude each other");
    return 0;
}

/* A first operand of digits only is a process ID; then all operands are. */
static int take_operands(struct options *options, int argc, char **argv, struct error *err)
{
    if (optind >= argc)
        return 0;
    if (strspn(argv[optind], "0123456789") != strlen(argv[optind])) {
        options->program = argv + optind;
        return 0;
    }
    for (int i = optind; i < argc; i++) {
        int r = add_pids(options, argv[i], err);
        if (r < 0)
            return r;
    }
    return 0;
}

/* Says what is wrong with the option that getopt_long() has refused. */
static int refuse_option(int option, int argc, char **argv, struct error *err)
{
    const struct refused_option refused = refused_option(option, argc, argv, LETTERS, LONG_OPTIONS);
    char text[REFUSED_TEXT_MAX];
    refused_option_text(&refused, NULL, text);
    return error_set(err, -EINVAL, "%s" SEE_HELP, text);
}

/*
 * --filter-file is --patterns by its old name. It is in no table, so that no abbreviation means it.
 * 1: it was the next word. 0: it is another one.
 */
static int take_old_name(struct options *options, int argc, char **argv, struct error *err)
{
    static const char name[] = "--filter-file";
    size_t length = strlen(name);
    if (optind >= argc || strncmp(argv[optind], name, length) != 0)
        return 0;
    const char *end = argv[optind] + length;
    if (*end && *end != '=')
        return 0;
    if (!*end && optind + 1 == argc)
        return error_set(err, -EINVAL, "option '%s' needs an argument" SEE_HELP, name);
    int r = add_file(vec_push(&options->pattern_files), *end ? end + 1 : argv[optind + 1], err);
    optind += *end ? 1 : 2;
    return r < 0 ? r : 1;
}

/* --help, --version. */
static enum options_verdict show(int option, const char *argument, struct error *err)
{
    bool all = argument && strcmp(argument, "all") == 0;
    if (argument && !all) {
        error_set(err, -EINVAL, "--help takes 'all' or nothing, not '%s'", argument);
        return OPTIONS_WRONG;
    }
    fputs(option == 'V' ? "ptrace_tracer " VERSION "\n" : help_text(all), stdout);
    return OPTIONS_DONE;
}

enum options_verdict options_parse(struct options *options, int argc, char **argv,
                                   struct error *err)
{
    *options = (struct options){.words = argv};
    if (function_filter_new(&options->select) < 0) {
        error_set(err, -ENOMEM, "out of memory");
        return OPTIONS_WRONG;
    }
    opterr = 0;
    optind = 1;
    for (;;) {
        const char *word = optind < argc ? argv[optind] : "";
        int r = take_old_name(options, argc, argv, err);
        int option = r == 0 ? getopt_long(argc, argv, LETTERS, LONG_OPTIONS, NULL) : 0;
        if (option == -1)
            break;
        if (option == 'h' || option == 'V')
            return show(option, optarg, err);
        if (option == '?' || option == ':')
            r = refuse_option(option, argc, argv, err);
        else if (r == 0 && (r = apply(options, option, optarg, err)) < 0)
            refused_option_hint_dash(word, LONG_OPTIONS, err);
        if (r < 0)
            return OPTIONS_WRONG;
    }
    if (take_operands(options, argc, argv, err) < 0 || check_options(options, err) < 0)
        return OPTIONS_WRONG;
    options->value_options.symbols = options->print || options->value_options.deref > 0;
    /* For tests: see commands/record.c. */
    if (options->command == COMMAND_RECORD && getenv("PTRACE_TRACER_JUMP_AFTER"))
        options->in_process = true;
    return OPTIONS_RUN;
}

int options_read_files(const struct options *options, struct error *err)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < options->pattern_files.count; i++)
        r = function_filter_add_file(options->select, options->pattern_files.items[i], err);
    return r;
}

bool options_record(const struct options *options)
{
    return options->print || options->output || options->session || !options->summary;
}

void options_free(struct options *options)
{
    function_filter_free(options->select);
    vec_free(&options->pids);
    vec_free(&options->pattern_files);
    vec_free(&options->type_files);
}
