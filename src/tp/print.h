/* SPDX-License-Identifier: MIT */
/*
 * --print: hits as readable lines, nested by depth, with no daemon and no LTTng.
 *
 *     12345 mylib:my_traced_function(arg1 = 42, arg2 = 3735928559, arg3 = 3.14159, arg4 =
 * 0x12345678) 12345 = 42 <0.000012>
 */
#ifndef TP_PRINT_H
#define TP_PRINT_H

#include <stdbool.h>
#include <stdio.h>

#include "model/hit.h"

struct print;

/* Writes to `stream`, which stays the caller's. `timestamp` puts the time of day first. NULL when
   memory is out. */
struct print *print_new(FILE *stream, bool timestamp);
void print_free(struct print *print);
/* One hit, one whole line, written at once. */
void print_hit(struct print *print, const struct hit *hit);

#endif
