/* SPDX-License-Identifier: MIT */
/*
 * Hits as readable lines, as --print writes them while a program runs, and replay from a trace.
 * Each hit is one line. Other lines may come between the entry and the exit of a call. An exit that
 * does not directly follow its entry names the function again:
 *
 *     12345 mylib:outer(n = 1)
 *     12345   mylib:inner(n = 2)
 *     12345   = 42 <0.000012>
 *     12345 } mylib:outer = 43 <0.000112>
 *
 * A call that was left by an exception or a jump ends without a result: "} unwound", or
 * "} mylib:outer unwound".
 */
#ifndef MODEL_CALL_LINES_H
#define MODEL_CALL_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/hit.h"

struct call_lines;

struct call_line {
    const struct hit *hit;
    int64_t real_ns;  /* the hit's time, since the epoch; used with timestamps only */
    bool no_duration; /* of an exit: it is not known */
};

/* `timestamp`: each line starts with the time of day. NULL: out of memory. */
struct call_lines *call_lines_new(bool timestamp);
void call_lines_free(struct call_lines *lines);

/* The line, with its newline; not NUL-terminated. Valid until the next call. Without memory it is
   cut. */
const char *call_lines_format(struct call_lines *lines, const struct call_line *line,
                              size_t *length);

#endif
