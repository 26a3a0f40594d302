/* SPDX-License-Identifier: MIT */
#include "cli/commands/types.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/exit_status.h"
#include "cli/refused_option.h"
#include "cli/sudo_user.h"
#include "cli/type_maker.h"
#include "cli/unfinished_file.h"
#include "util/log.h"
#include "util/new_file.h"
#include "util/vec.h"

static const char HELP[] =
    "Usage: ptrace_tracer types [OPTION...] -o FILE HEADER...\n"
    "Make an object with the types of the functions that C headers declare.\n"
    "\n"
    "  -l, --library=LIBRARY   only the functions that it exports (repeatable): libz.so.1\n"
    "  -o, --output=FILE       write to FILE; - is stdout\n"
    "      --force             replace FILE if it exists\n"
    "  -q, --quiet             print errors only\n"
    "  -h, --help              print this and exit\n"
    "\n"
    "HEADER is a file, or a name as in #include <HEADER>. The C compiler is cc, or CC in the\n"
    "environment; it gets CPPFLAGS. Tracing with these types: ptrace_tracer --types=FILE.\n"
    "See ptrace_tracer(1).\n";

enum { OPT_FORCE = 256 };

static const struct option LONG_OPTIONS[] = {
    {"library", required_argument, NULL, 'l'}, {"output", required_argument, NULL, 'o'},
    {"force", no_argument, NULL, OPT_FORCE},   {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},          {0},
};

static const char LETTERS[] = ":l:o:qh";

struct types_command {
    VEC(char *) libraries;
    const char *output;
    bool force, quiet, help;
    struct new_file file;
};

static int misused(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);
static int misused(struct error *err, const char *format, ...)
{
    char what[ERROR_TEXT_MAX - 40];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    return error_set(err, -EINVAL, "%s (see ptrace_tracer types --help)", what);
}

static int misused_option(const struct refused_option *refused, struct error *err)
{
    char text[REFUSED_TEXT_MAX];
    refused_option_text(refused, "types", text);
    return misused(err, "%s", text);
}

/* 1: --help is asked for. Negative errno. */
static int parse(struct types_command *command, int argc, char **argv, struct error *err)
{
    opterr = 0;
    optind = 0;
    for (int option; (option = getopt_long(argc, argv, LETTERS, LONG_OPTIONS, NULL)) != -1;) {
        char **library;
        struct refused_option refused;
        switch (option) {
        case 'l':
            library = vec_push(&command->libraries);
            if (!library)
                return error_set(err, -ENOMEM, "out of memory");
            *library = optarg;
            break;
        case 'o':
            command->output = optarg;
            break;
        case OPT_FORCE:
            command->force = true;
            break;
        case 'q':
            command->quiet = true;
            break;
        case 'h':
            return 1;
        default:
            refused = refused_option(option, argc, argv, LETTERS, LONG_OPTIONS);
            return misused_option(&refused, err);
        }
    }
    if (optind == argc)
        return misused(err, "types needs a header: ptrace_tracer types -o FILE HEADER...");
    if (!command->output || !*command->output)
        return misused(err, "types needs a file to write to: -o FILE");
    return 0;
}

static int open_object(struct types_command *command, struct error *err)
{
    if (strcmp(command->output, "-") != 0)
        return unfinished_file_create(&command->file, command->output, command->force, err);
    return isatty(STDOUT_FILENO)
               ? error_set(err, -EINVAL, "an object is not written to a terminal: -o FILE")
               : 0;
}

static int make_object(struct types_command *command, char *const *headers, size_t n_headers,
                       struct error *err)
{
    char said[ERROR_TEXT_MAX];
    const struct type_sources sources = {headers, n_headers, command->libraries.items,
                                         command->libraries.count};
    /* Under sudo the compiler is the user's. */
    int rc = sudo_user_become(err);
    if (rc == 0)
        rc = open_object(command, err);
    if (rc < 0)
        return rc;
    FILE *stream = command->file.stream;
    rc = type_maker_run(&sources, stream ? fileno(stream) : STDOUT_FILENO, said, err);
    if (rc == 0 && stream)
        rc = new_file_finish(&command->file, err);
    unfinished_file_set(NULL);
    if (rc == 0 && *said)
        log_info("%s: %s", stream ? command->output : "stdout", said);
    return rc;
}

int types_run(int argc, char **argv)
{
    struct types_command command = {0};
    struct error err = {0};
    int rc = parse(&command, argc, argv, &err);
    log_set_level(command.quiet ? LOG_ERROR : LOG_INFO);
    if (rc > 0) {
        fputs(HELP, stdout);
        rc = fflush(stdout) == 0
                 ? 0
                 : error_set(&err, -errno, "cannot write to stdout: %s", strerror(errno));
    } else if (rc == 0) {
        rc = make_object(&command, argv + optind, (size_t)(argc - optind), &err);
    }
    if (rc < 0)
        log_error("%s", err.text);
    new_file_discard(&command.file);
    vec_free(&command.libraries);
    return rc < 0 ? EXIT_TRACER_FAILED : EXIT_SUCCESS;
}
