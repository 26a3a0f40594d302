/* SPDX-License-Identifier: MIT */
/* --list: the functions that would be traced. */
#ifndef CLI_COMMANDS_LIST_H
#define CLI_COMMANDS_LIST_H

#include "cli/options.h"

/* Prints them on stdout, runs nothing. Returns the exit status. */
int list_run(const struct options *options);

#endif
