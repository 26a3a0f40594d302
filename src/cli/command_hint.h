/* SPDX-License-Identifier: MIT */
/* The first word is a command, and may have been meant for a program of that name. */
#ifndef CLI_COMMAND_HINT_H
#define CLI_COMMAND_HINT_H

#include "util/error.h"

/* If there is a program named like the command, in PATH or here, appends how to trace it. */
void command_hint_add(const char *command, struct error *err);
/* Adds the command that `word`, the name of a program that is not found, was meant to be. */
void command_hint_meant(const char *command, const char *word, struct error *err);

#endif
