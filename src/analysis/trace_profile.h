/* SPDX-License-Identifier: MIT */
/*
 * The profile of a trace: a visitor of calls that counts and times them, by function or by
 * something else. Memory grows with the rows and the open calls.
 */
#ifndef ANALYSIS_TRACE_PROFILE_H
#define ANALYSIS_TRACE_PROFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "analysis/call_visitor.h"
#include "analysis/condition.h"
#include "model/call_times.h"
#include "model/profile_table.h"
#include "util/error.h"

enum profile_by { BY_FUNCTION, BY_CALLER, BY_THREAD, BY_MODULE, BY_FIELD };

/* Values of a field that have a row of their own. */
enum { PROFILE_VALUES_MAX = 10000 };

struct trace_profile_options {
    enum profile_by by;
    const char *field;            /* BY_FIELD: of entries or exits */
    const struct condition *fail; /* which calls have failed; NULL: none */
    /* What tracing cost, COSTS_WAYS of them; NULL: times are raw. Must outlive the profile. */
    const struct call_costs *costs;
};

struct trace_profile;

/* NULL: out of memory. */
struct trace_profile *trace_profile_new(const struct trace_profile_options *options);
void trace_profile_free(struct trace_profile *profile);

/* For trace_reader_run(). */
struct call_visitor trace_profile_visitor(struct trace_profile *profile);

/* An array of *n lines, which the caller frees; the names are the profile's. NULL: out of memory.
   Call it when the trace has been read. */
struct profile_line *trace_profile_lines(const struct trace_profile *profile, size_t *n);

/* BY_FIELD: whether any event had the field; else true. */
bool trace_profile_has_field(const struct trace_profile *profile);
/* Whether it was recorded how long any call was on a CPU. */
bool trace_profile_has_cpu(const struct trace_profile *profile);
/* A name of the condition that no event had a field of; NULL: there is none. */
const char *trace_profile_unknown_name(const struct trace_profile *profile);

#endif
