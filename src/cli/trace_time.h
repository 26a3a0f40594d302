/* SPDX-License-Identifier: MIT */
/* The times that --begin and --end take. */
#ifndef CLI_TRACE_TIME_H
#define CLI_TRACE_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include "util/error.h"

struct trace_time {
    enum {
        TIME_NONE,
        TIME_ABSOLUTE, /* ns since the epoch */
        TIME_OF_DAY,   /* ns since midnight, local time, of the day on which the trace begins */
        TIME_RELATIVE, /* ns since the trace begins */
    } kind;
    uint64_t ns;
};

/*
 * "1796021645.25" seconds since the epoch, "2026-11-30 06:54:05.25" and "06:54:05.25" local time,
 * as babeltrace2 shows them, and "+1.5" seconds after the trace begins. -EINVAL: it is none of
 * these.
 */
MUST_CHECK int trace_time_parse(const char *text, struct trace_time *time);
/* Since the epoch; 0 for TIME_NONE. `begin_ns`: when the trace begins. */
uint64_t trace_time_resolve(const struct trace_time *time, uint64_t begin_ns);
/* Whether begin_ns is needed. */
bool trace_time_needs_begin(const struct trace_time *time);

#endif
