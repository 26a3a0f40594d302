/* SPDX-License-Identifier: MIT */
/*
 * Blocks of data in a page: compressed (zlib, RFC 1950) into a text of a spool while they are
 * written, and copied to the page in base64 (RFC 4648), which has no character that means anything
 * in HTML.
 */
#ifndef ANALYSIS_EXPORT_HTML_DEFLATED_H
#define ANALYSIS_EXPORT_HTML_DEFLATED_H

#include <stdint.h>
#include <stdio.h>

#include "util/error.h"
#include "util/spool.h"

/* A stream whose bytes are compressed to text number `text`; *size, if not NULL, is how many bytes
   that are, without those that the compressor holds back. fclose() completes it; an error of the
   spool shows there, or by ferror(). NULL: out of memory. */
FILE *deflated_open(struct spool *spool, uint32_t text, uint64_t *size);

/* A stream that writes in base64 to another, whose errors the caller looks for. fclose() completes
   it. NULL: out of memory. */
FILE *base64_open(FILE *to);

/* An unsigned number, seven bits in a byte, the lowest first (LEB128, DWARF 5, 7.6). */
void varint_write(FILE *stream, uint64_t number);
/* A signed one: 0, -1, 1, -2, ... as 0, 1, 2, 3, ... */
void zigzag_write(FILE *stream, int64_t number);

#endif
