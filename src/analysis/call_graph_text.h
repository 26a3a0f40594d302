/* SPDX-License-Identifier: MIT */
/*
 * A call graph as text; a function is indented below the one that has called it:
 *
 *       CALLS  TOTAL   SELF  FUNCTION
 *           1 60.3ms 24.4ms  sample_app:main
 *        1000 35.9ms 35.9ms    mylib:my_traced_function
 *
 * Where it was recorded how long calls were on a CPU, CPU and WAIT follow SELF.
 */
#ifndef ANALYSIS_CALL_GRAPH_TEXT_H
#define ANALYSIS_CALL_GRAPH_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "analysis/call_graph.h"

struct call_graph_style {
    uint64_t min_ns; /* nodes with less time are left out, with what they called */
    unsigned width;  /* as in struct profile_style */
    bool colours;
};

/* Writes the graph, after call_graph_finish(). Returns the number of nodes that were written. The
   caller looks at ferror(). */
size_t call_graph_write(const struct call_graph *graph, FILE *stream,
                        const struct call_graph_style *style);

#endif
