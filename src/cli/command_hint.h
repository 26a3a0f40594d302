/* SPDX-License-Identifier: MIT */
/* The first word is a command, and may have been meant for a program of that name. */
#ifndef CLI_COMMAND_HINT_H
#define CLI_COMMAND_HINT_H

#include "util/error.h"

/* If there is a program named like the command, in PATH or here, appends how to trace it. */
void command_hint_add(const char *command, struct error *err);
/* Adds the command that the name of a program, which is not found, was probably meant to be. */
void command_hint_misspelt(const char *command, struct error *err);

#endif
