/* SPDX-License-Identifier: MIT */
/*
 * The calls that exceptions and jumps have left, as the tracer has seen them: a trace has no event
 * of these. In the order of time, and of a fixed size: adding one allocates nothing.
 */
#ifndef ANALYSIS_UNWOUND_CALLS_H
#define ANALYSIS_UNWOUND_CALLS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/error.h"

enum { UNWOUND_CALLS_MAX = 1 << 16 }; /* of a trace */

struct unwound_call {
    pid_t pid, tid;
    uint32_t function; /* unwound_calls_function() */
    uint64_t clock_ns; /* when, by CLOCK_MONOTONIC */
};

/* All zero is an empty one, without room. */
struct unwound_calls {
    struct unwound_call *items;
    size_t count, room;
};

/* Room for n calls. -ENOMEM. Once. */
MUST_CHECK int unwound_calls_reserve(struct unwound_calls *calls, size_t n);
/* Without room it is left out: what comes later than the last one is not known. */
void unwound_calls_add(struct unwound_calls *calls, const struct unwound_call *call);
/* What stands for the function whose entry has that event: "mylib", "f_entry". */
uint32_t unwound_calls_function(const char *provider, const char *entry_event);
void unwound_calls_free(struct unwound_calls *calls);

#endif
