/* SPDX-License-Identifier: MIT */
#include "cli/command_hint.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "ptrace/os/program_path.h"

void command_hint_add(const char *command, struct error *err)
{
    char path[PATH_MAX], here[NAME_MAX];
    struct error ignored;
    size_t length = strlen(err->text);
    snprintf(here, sizeof(here), "./%s", command);
    if (program_path(command, path, &ignored) == 0)
        snprintf(err->text + length, sizeof(err->text) - length,
                 "; to trace the program %s: ptrace_tracer -- %s", path, command);
    else if (program_path(here, path, &ignored) == 0)
        snprintf(err->text + length, sizeof(err->text) - length,
                 "; to trace the program %s: ptrace_tracer %s", here, here);
}

/* "--print lines ./app": the argument of that option is only what is behind a '='. */
static bool is_after_print(const struct options *options)
{
    const char *before = options->program[-1];
    return options->print && !options->print_file &&
           (strcmp(before, "-P") == 0 || strncmp(before, "--pr", 4) == 0);
}

void command_hint_not_found(const struct options *options, struct error *err)
{
    const char *command = options->meant_command, *word = options->program[0];
    size_t length = strlen(err->text), room = sizeof(err->text) - length;
    char *end = err->text + length;
    if (is_after_print(options))
        snprintf(end, room, "; --print=%s prints into a file of that name", word);
    else if (command && strcmp(word, command) == 0)
        snprintf(end, room, "; the command %s must be the first word", command);
    else if (command)
        snprintf(end, room, "; did you mean the command %s?", command);
}
