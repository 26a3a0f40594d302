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

/* What is to be done: the table in main.c has a function for each. */
enum command { COMMAND_RECORD, COMMAND_LIST, COMMANDS };

struct options {
    enum command command;
    struct function_filter *select;  /* without what the files say, until they are read */
    VEC(const char *) pattern_files; /* --filter-file */
    VEC(pid_t) pids;                 /* attach to these */
    char *const *program;      /* or start this: its argv, NULL-terminated; NULL when attaching */
    struct rlimit descriptors; /* RLIMIT_NOFILE as the caller has it: the program's */
    char **environment; /* the program's, where it is not ours (cli/secure_exec.h); NULL: ours */
    const char *output;
    const char *session;
    bool print;
    const char *print_file; /* NULL: stderr */
    bool timestamp;
    bool follow_forks;
    bool entry_only;
    bool no_pin;
    bool stats;
    bool quiet;
    bool verbose;
    size_t string_limit;
    unsigned with;                      /* mask of 1 << enum extra_field */
    size_t stack_frames;                /* 0: the default */
    struct value_options value_options; /* of --deref and --strings, and what --print adds */
};

enum options_verdict { OPTIONS_RUN, OPTIONS_DONE /* --help, --version: printed */, OPTIONS_WRONG };

/* Parses argv, and opens no file. OPTIONS_WRONG: *err says why. Free with options_free() in every
   case. */
enum options_verdict options_parse(struct options *options, int argc, char **argv,
                                   struct error *err);
/* Adds what the files of patterns say to what is selected. To be called as the user who named
   them (cli/sudo_user.h). */
MUST_CHECK int options_read_files(const struct options *options, struct error *err);
void options_free(struct options *options);

#endif
