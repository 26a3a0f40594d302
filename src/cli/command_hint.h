/* SPDX-License-Identifier: MIT */
/* The first word is a command, and may have been meant for a program of that name. */
#ifndef CLI_COMMAND_HINT_H
#define CLI_COMMAND_HINT_H

#include "cli/options.h"
#include "util/error.h"

/* If there is a program named like the command, in PATH or here, appends how to trace it. */
void command_hint_add(const char *command, struct error *err);
/* The program is not found: appends the command that its name was meant to be, or that it is in the
   place of a file for --print. */
void command_hint_not_found(const struct options *options, struct error *err);

#endif
