/* SPDX-License-Identifier: MIT */
/*
 * A file that has its name only when it is complete. It is written beside that name and renamed at
 * the end, so that nobody finds half of it. What is not a regular file (a pipe, a device) is
 * written to directly.
 */
#ifndef UTIL_NEW_FILE_H
#define UTIL_NEW_FILE_H

#include <stdbool.h>
#include <stdio.h>

#include "util/error.h"

/* All zero: none. */
struct new_file {
    FILE *stream;
    char *path;      /* the final name, as given */
    char *place;     /* the same, behind symbolic links */
    char *temporary; /* NULL: written to directly */
    bool replace;
};

/* -EEXIST: there is such a file, and not `replace`. new_file_discard() is not needed after an
   error. */
MUST_CHECK int new_file_create(struct new_file *file, const char *path, bool replace,
                               struct error *err);
/* Gives the file its name. An error of a write shows here, too; then the file is removed. -EPIPE:
   the reader of a pipe has gone. -EEXIST: another one has made such a file meanwhile. */
MUST_CHECK int new_file_finish(struct new_file *file, struct error *err);
/* Removes it, unless it is finished. */
void new_file_discard(struct new_file *file);

#endif
