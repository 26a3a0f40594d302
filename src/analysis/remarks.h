/* SPDX-License-Identifier: MIT */
/* What a command says of a trace besides its calls. */
#ifndef ANALYSIS_REMARKS_H
#define ANALYSIS_REMARKS_H

#include <stdbool.h>
#include <stddef.h>

#include "analysis/call_visitor.h"

/* See trace_reader_remark(). */
bool remarks_next(const struct call_counts *counts, size_t *position, char *line, size_t size);

#endif
