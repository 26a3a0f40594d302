/* SPDX-License-Identifier: MIT */
/* A call graph for a page: its paths, children behind their parents, those with the most time
   first, and at most HTML_PATHS_MAX of them. */
#ifndef ANALYSIS_EXPORT_HTML_PATHS_H
#define ANALYSIS_EXPORT_HTML_PATHS_H

#include "analysis/call_graph.h"
#include "analysis/export/html/kept_calls.h"

enum { HTML_PATHS_MAX = 250000 };

/*
 * Writes for each path, as numbers of varint_write(): its depth, the number of its name, the calls,
 * those that have returned, total and own time (zigzag), and its weight, all in nanoseconds. The
 * names are in `names`, each with a newline, as JSON strings. Returns the number of paths, or a
 * negative errno; *min_ns: paths with a weight below this are left out, with what they called.
 */
MUST_CHECK int64_t html_paths_write(const struct call_graph *graph, FILE *numbers, FILE *names,
                                    uint64_t *min_ns);

#endif
