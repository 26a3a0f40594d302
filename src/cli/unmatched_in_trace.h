/* SPDX-License-Identifier: MIT */
/* What is said of patterns that match no function of a trace. */
#ifndef CLI_UNMATCHED_IN_TRACE_H
#define CLI_UNMATCHED_IN_TRACE_H

#include "analysis/function_table.h"
#include "symbols/function_filter.h"

/* Prints a line for each pattern, once, with similar names; `before` ("--root: ") begins it. */
void unmatched_in_trace_say(const struct function_filter *select,
                            const struct function_table *functions, const char *before);

#endif
