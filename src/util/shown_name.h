/* SPDX-License-Identifier: MIT */
/* Names from a target in the columns of a table. */
#ifndef UTIL_SHOWN_NAME_H
#define UTIL_SHOWN_NAME_H

#include <stddef.h>
#include <stdio.h>

enum { SHOWN_NAME_MIN = 6 };

/* Writes the name, safe for a terminal (util/text.h), in at most `room` characters (less than
   SHOWN_NAME_MIN counts as that): the middle of a longer one is left out. 0: whole. Out of memory:
   nothing is written. */
void shown_name_write(FILE *stream, const char *name, size_t room);

#endif
