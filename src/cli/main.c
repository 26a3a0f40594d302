/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command_hint.h"
#include "cli/commands/export.h"
#include "cli/commands/graph.h"
#include "cli/commands/list.h"
#include "cli/commands/modules.h"
#include "cli/commands/record.h"
#include "cli/commands/replay.h"
#include "cli/commands/report.h"
#include "cli/commands/types.h"
#include "cli/did_you_mean.h"
#include "cli/exit_status.h"
#include "cli/options.h"
#include "cli/secure_exec.h"
#include "util/descriptors.h"
#include "util/error.h"
#include "util/log.h"

/*
 * What the first word can be, and the command's function, which gets the words from there on and
 * returns the exit status. "record" is the default: its word is left out. After an option, and with
 * a '/' in it, a word is a program.
 */
static const struct {
    const char *word;
    int (*run)(int argc, char **argv);
} words[] = {
    {"record", NULL},     {"replay", replay_run}, {"report", report_run},
    {"graph", graph_run}, {"export", export_run}, {"types", types_run},
};

/* The functions of the commands that have the tracer's options. */
static int (*const commands[COMMANDS])(const struct options *options) = {
    [COMMAND_RECORD] = record_run,
    [COMMAND_LIST] = list_run,
    [COMMAND_MODULES] = modules_run,
};

/*
 * Opens standard files that the caller has closed, so that no other file gets their numbers:
 * messages or the program's output would go into the trace. They can neither be read nor written,
 * and are closed in the program.
 */
static int occupy_standard_files(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 &&
            open("/dev/null", (fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) | O_CLOEXEC) != fd)
            return -1;
    return 0;
}

/* The command that the program's name, if there is no such program, was probably meant to be: one
   that is misspelt, or is not the first word. */
static const char *meant_command(char **argv, const struct options *options)
{
    enum { WORDS = sizeof(words) / sizeof(words[0]) };
    const char *names[WORDS], *name = options->program ? *options->program : "/";
    for (size_t i = 0; i < WORDS; i++)
        names[i] = words[i].word;
    if (strchr(name, '/') || strcmp(options->program[-1], "--") == 0)
        return NULL;
    for (size_t i = 0; i < WORDS; i++)
        if (strcmp(name, names[i]) == 0)
            return names[i];
    return options->program == argv + 1 ? did_you_mean_word(name, names, WORDS) : NULL;
}

/* record, --list or --modules. `command`: the word that was given for it, or NULL. */
static int run_tracer(int argc, char **argv, char **environment, const struct rlimit *descriptors,
                      const char *command)
{
    struct options options;
    struct error err = {0};
    int status = EXIT_TRACER_FAILED;
    switch (options_parse(&options, argc, argv, &err)) {
    case OPTIONS_WRONG:
        if (command)
            command_hint_add(command, &err);
        log_error("%s", err.text);
        break;
    case OPTIONS_DONE:
        status = fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_TRACER_FAILED;
        break;
    case OPTIONS_RUN:
        options.meant_command = command ? NULL : meant_command(argv, &options);
        options.environment = environment;
        options.descriptors = *descriptors;
        log_set_level(options.quiet ? LOG_ERROR : options.verbose ? LOG_DEBUG : LOG_INFO);
        status = commands[options.command](&options);
        break;
    }
    options_free(&options);
    return status;
}

int main(int argc, char **argv)
{
    char **environment = secure_exec_environment(argc, argv);
    struct rlimit descriptors;
    const char *command = NULL;
    int status = -1;
    if (occupy_standard_files() < 0)
        return EXIT_TRACER_FAILED;
    descriptors_raise(&descriptors);
    for (size_t i = 0; argc > 1 && i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(argv[1], words[i].word) != 0)
            continue;
        command = words[i].word;
        argc--;
        argv++;
        if (words[i].run)
            status = words[i].run(argc, argv);
        break;
    }
    if (status < 0)
        status = run_tracer(argc, argv, environment, &descriptors, command);
    free(environment);
    return status;
}
