/* SPDX-License-Identifier: MIT */
/*
 * --print: hits as readable lines, indented by depth, without LTTng and its daemons.
 *
 *     12345 mylib:my_traced_function(arg1 = 42, arg2 = 3735928559, arg3 = 3.14159)
 *     12345 = 42 <0.000012>
 */
#ifndef TP_PRINT_H
#define TP_PRINT_H

#include <stdbool.h>
#include <stdio.h>

#include "model/hit.h"

struct print;

/* Writes to `stream`, which the caller closes. `timestamp`: each line starts with the time of day.
   NULL: out of memory. */
struct print *print_new(FILE *stream, bool timestamp);
void print_free(struct print *print);
/* Writes the hit as one line, with one fwrite() and a flush. */
void print_hit(struct print *print, const struct hit *hit);

#endif
