/* SPDX-License-Identifier: MIT */
/* What a page says besides calls and paths, as JSON: the trace, functions, threads, gaps. */
#ifndef ANALYSIS_EXPORT_HTML_FACTS_H
#define ANALYSIS_EXPORT_HTML_FACTS_H

#include "analysis/export/export.h"
#include "analysis/export/html/kept_calls.h"
#include "analysis/trace_profile.h"
#include "util/vec.h"

/* Later ones are only counted. */
enum { HTML_GAPS_MAX = 10000 };

struct html_facts {
    const struct export *export;
    uint64_t begin_ns; /* of the timeline; other times are given from there on */
    /* The functions of calls, and threads, by the numbers that calls have. */
    const struct traced_function *const *functions;
    size_t n_functions;
    const struct export_thread *const *threads;
    size_t n_threads;
    const struct trace_gap *gaps;
    size_t n_gaps;
    uint64_t more_gaps; /* that are not in gaps */
    struct kept_counts kept;
    uint64_t n_nodes, min_node_ns; /* paths in the page, and the least time of those */
};

/* Writes one object. The caller looks at ferror(). -ENOMEM. */
MUST_CHECK int html_facts_write(FILE *stream, const struct html_facts *facts,
                                const struct trace_profile *profile);

#endif
