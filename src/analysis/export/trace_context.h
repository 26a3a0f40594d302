/* SPDX-License-Identifier: MIT */
/*
 * The context of a span: its trace, and the IDs of spans (W3C Trace Context, level 2,
 * https://www.w3.org/TR/trace-context-2/).
 */
#ifndef ANALYSIS_EXPORT_TRACE_CONTEXT_H
#define ANALYSIS_EXPORT_TRACE_CONTEXT_H

#include <stdint.h>

#include "util/error.h"

struct trace_context {
    uint64_t trace_high, trace_low; /* the trace's ID; one of them is not 0 */
    uint64_t parent;                /* the ID of the span; 0: there is none */
    uint8_t flags;                  /* enum trace_flag */
};

enum trace_flag {
    TRACE_SAMPLED = 1, /* spans are recorded */
    TRACE_RANDOM = 2,  /* the last 56 bits of the trace's ID are random */
};

/* Reads a traceparent (section 3.2). -EINVAL: it is none, or one with IDs of zeros. */
MUST_CHECK int trace_context_parse(const char *text, struct trace_context *context);

/* A trace for `identity` (a hash): the same one each time. */
struct trace_context trace_context_new(uint64_t identity);
/* The ID of span `number`, which is not 0, among those with that identity: never 0, and another one
   for each number. */
uint64_t trace_context_span(uint64_t identity, uint64_t number);

#endif
