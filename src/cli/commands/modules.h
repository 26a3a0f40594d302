/* SPDX-License-Identifier: MIT */
/* --modules: the modules of a program or process, and the names that patterns may have for them. */
#ifndef CLI_COMMANDS_MODULES_H
#define CLI_COMMANDS_MODULES_H

#include "cli/options.h"

/* Prints them on stdout, runs nothing. Returns the exit status. */
int modules_run(const struct options *options);

#endif
