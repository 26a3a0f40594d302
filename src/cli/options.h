/* SPDX-License-Identifier: MIT */
/* The command line. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "symbols/function_filter.h"
#include "symbols/types/value_options.h"
#include "util/error.h"
#include "util/vec.h"

/* The commands; main.c has a table of their functions. */
enum command { COMMAND_RECORD, COMMAND_LIST, COMMAND_MODULES, COMMANDS };

struct options {
    enum command command;
    const char *meant_command;      /* that the program's name may have been meant to be; or NULL */
    struct function_filter *select; /* without the patterns of files until options_read_files() */
    VEC(const char *) pattern_files; /* --patterns */
    VEC(const char *) type_files;    /* --types */
    VEC(pid_t) pids;                 /* attach to these */
    char *const *words;              /* argv */
    char *const *program;            /* or start this: a NULL-terminated argv; NULL: attach */
    struct rlimit descriptors;       /* RLIMIT_NOFILE of the tracer's caller, for the program */
    char **environment;              /* for the program (cli/secure_exec.h); NULL: ours */
    const char *output;
    bool force; /* a trace of ours in `output` is removed */
    const char *session;
    bool print;
    const char *print_file; /* NULL: stderr; "-": stdout */
    bool timestamp;
    bool summary;
    bool follow_forks;
    bool entry_only;
    bool no_pin;
    bool in_process;
    bool stats;
    bool quiet;
    bool verbose;
    size_t string_limit;
    unsigned with;                      /* mask of 1 << enum extra_field */
    size_t stack_frames;                /* 0: the default */
    struct value_options value_options; /* of --deref, --strings and --print */
};

enum options_verdict { OPTIONS_RUN, OPTIONS_DONE /* --help, --version: printed */, OPTIONS_WRONG };

/* Parses argv. Opens no file. OPTIONS_WRONG: *err has the reason. Call options_free() also after an
   error. */
enum options_verdict options_parse(struct options *options, int argc, char **argv,
                                   struct error *err);
/* Adds the patterns of the files to `select`. Call it as the user who named the files
   (cli/sudo_user.h). */
MUST_CHECK int options_read_files(const struct options *options, struct error *err);
/* Whether hits are recorded or printed, not only summed up. */
bool options_record(const struct options *options);
void options_free(struct options *options);

#endif
