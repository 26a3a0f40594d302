/* SPDX-License-Identifier: MIT */
/* The default command: traces and records. */
#ifndef CLI_COMMANDS_RECORD_H
#define CLI_COMMANDS_RECORD_H

#include "cli/options.h"

/* Runs as the options say and returns the exit status. */
int record_run(const struct options *options);

#endif
