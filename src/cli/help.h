/* SPDX-License-Identifier: MIT */
/* What --help prints. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include <stdbool.h>

/* The most important options in groups, with an example for each: it fits a terminal of 80 columns
   and 24 rows, with the prompt. `all`: all options. */
const char *help_text(bool all);

#endif
