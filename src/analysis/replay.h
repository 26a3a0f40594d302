/* SPDX-License-Identifier: MIT */
/* Writes the calls of a trace as the lines that --print writes. */
#ifndef ANALYSIS_REPLAY_H
#define ANALYSIS_REPLAY_H

#include <stdbool.h>
#include <stdio.h>

#include "analysis/call_visitor.h"

struct replay;

/* Writes to `stream`, which the caller closes. NULL: out of memory. */
struct replay *replay_new(FILE *stream, bool timestamp);
void replay_free(struct replay *replay);
/* Its visitor, valid as long as the replay is. A write that fails ends the reading. */
const struct call_visitor *replay_visitor(struct replay *replay);
uint64_t replay_lines(const struct replay *replay);

#endif
