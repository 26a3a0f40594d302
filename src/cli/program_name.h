/* SPDX-License-Identifier: MIT */
/* The name for a trace. */
#ifndef CLI_PROGRAM_NAME_H
#define CLI_PROGRAM_NAME_H

#include <stddef.h>

#include "cli/options.h"

/* The file name of the program to start, or the name of the first process. */
void program_name(const struct options *options, char *name, size_t size);

#endif
