/* SPDX-License-Identifier: MIT */
/*
 * Texts that grow at the same time, and are read one after another in the end. They are kept in one
 * temporary file without a name, but for the end of each that has grown lately.
 */
#ifndef UTIL_SPOOL_H
#define UTIL_SPOOL_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "util/error.h"

struct spool;

/* Where the file is: $TMPDIR, or /var/tmp, where there is room for large ones. */
const char *spool_directory(void);
/* A temporary file there, to write and to read, which has no name and is gone when it is closed.
 *file: NULL after an error, a negative errno. */
MUST_CHECK int spool_file(FILE **file);
/* *spool: NULL after an error, a negative errno. */
MUST_CHECK int spool_new(struct spool **spool);
void spool_free(struct spool *spool);
/* Adds to text number `text`, from 0. 0 or a negative errno. */
MUST_CHECK int spool_add(struct spool *spool, uint32_t text, const void *bytes, size_t n);
/* Copies a text to the stream, whose errors the caller looks for. 0 or a negative errno. */
MUST_CHECK int spool_copy(const struct spool *spool, uint32_t text, FILE *stream);

#endif
