/* SPDX-License-Identifier: MIT */
/*
 * A file that is removed when a signal ends the program: SIGINT, SIGTERM, SIGHUP or SIGQUIT, where
 * these would. One at a time.
 */
#ifndef CLI_UNFINISHED_FILE_H
#define CLI_UNFINISHED_FILE_H

#include <stdbool.h>

#include "util/new_file.h"

/* `path`, NULL: none, must be valid until the next call. Signals that have another handler are left
   as they are. */
void unfinished_file_set(const char *path);
/* new_file_create(), and sets what it writes to. No signal comes in between. */
MUST_CHECK int unfinished_file_create(struct new_file *file, const char *path, bool replace,
                                      struct error *err);
/* Removes the file, if there is one. For signal handlers. */
void unfinished_file_remove(void);

#endif
