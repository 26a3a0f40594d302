/* SPDX-License-Identifier: MIT */
/* What a terminal can show. */
#ifndef UTIL_TERMINAL_H
#define UTIL_TERMINAL_H

#include <stdbool.h>

/* The number of columns to write for: COLUMNS in the environment, if it is a number; else those of
   the terminal; 0: the file is no terminal, and lines may have any length. */
unsigned terminal_columns(int fd);

/* Whether to write colours: the file is a terminal that has them, and NO_COLOR is not set or empty
   (no-color.org). */
bool terminal_has_colours(int fd);

#endif
