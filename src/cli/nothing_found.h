/* SPDX-License-Identifier: MIT */
/* What is said if nothing in a trace is what was asked for. */
#ifndef CLI_NOTHING_FOUND_H
#define CLI_NOTHING_FOUND_H

#include "cli/trace_command.h"

/* Before trace_command_end(). Prints a line on the reason, unless it is a pattern that matches
   nothing. */
void nothing_found_say(const struct trace_command *command);

#endif
