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

void command_hint_meant(const char *command, const char *word, struct error *err)
{
    size_t length = strlen(err->text);
    bool is_right = strcmp(word, command) == 0;
    snprintf(err->text + length, sizeof(err->text) - length,
             is_right ? "; the command %s must be the first word"
                      : "; did you mean the command %s?",
             command);
}
