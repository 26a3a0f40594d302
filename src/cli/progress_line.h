/* SPDX-License-Identifier: MIT */
/* A line on the terminal that is replaced in place: the cursor stays at its start, so that what
   comes next is written over it. */
#ifndef CLI_PROGRESS_LINE_H
#define CLI_PROGRESS_LINE_H

#include <stdbool.h>
#include <sys/stat.h>

/* Whether standard error is a terminal that can erase a line. */
bool progress_line_is_possible(void);
/* Whether what is written to the file cannot come to a terminal in the meantime, as by way of a
   pipe. */
bool progress_line_is_apart_from(const struct stat *file);
/* A background process must not write to its terminal: others do. */
bool progress_line_is_in_foreground(void);
/* With one write(), cut to the terminal's width. */
void progress_line_draw(const char *text);
void progress_line_erase(void);

#endif
