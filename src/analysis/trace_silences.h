/* SPDX-License-Identifier: MIT */
/* What traces tell of events that were not recorded: until when. */
#ifndef ANALYSIS_TRACE_SILENCES_H
#define ANALYSIS_TRACE_SILENCES_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis/call_visitor.h"
#include "util/error.h"
#include "util/vec.h"

struct trace_silence {
    uint64_t lost_ns;
    uint64_t paused_ns; /* the time of the first event afterwards */
};

/* By the number of the trace. All zero is an empty one; freed with vec_free(). */
struct trace_silences {
    VEC(struct trace_silence) traces;
};

/* -ENOMEM */
MUST_CHECK int trace_silences_add(struct trace_silences *silences, const struct trace_gap *gap,
                                  uint32_t trace);
/* Whether events of the trace were lost at that time or later; or its session may have been
   stopped after it. */
bool trace_silences_lost(const struct trace_silences *silences, uint32_t trace, uint64_t time_ns);
bool trace_silences_paused(const struct trace_silences *silences, uint32_t trace, uint64_t time_ns);

#endif
