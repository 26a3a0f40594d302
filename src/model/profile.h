/* SPDX-License-Identifier: MIT */
/*
 * A profile: how often and how long, by function or by anything else that calls can be told apart
 * by. A row has what is known of one of them; who they are is known to the user, by the index.
 * Memory grows with the number of rows only (model/histogram.h).
 */
#ifndef MODEL_PROFILE_H
#define MODEL_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/call_times.h"
#include "model/histogram.h"
#include "util/error.h"
#include "util/vec.h"

/* How the durations of calls divide, as far as that was recorded: each moment once. */
struct cpu_share {
    bool is_known; /* of at least one call */
    uint64_t cpu_ns;
    uint64_t wait_ns; /* the rest of the same calls */
};

/* Adds a call's. */
void cpu_share_add(struct cpu_share *share, const struct call_duration *duration, bool net);

struct profile_row {
    uint64_t calls;             /* entered */
    uint64_t failed;            /* of these, what the user counts as such */
    int64_t total_ns;           /* each moment once (call_times.h) */
    int64_t self_ns;            /* without the calls inside */
    struct cpu_share cpu;       /* of total_ns */
    struct histogram durations; /* of the calls that have returned */
};

/* All zero is an empty one, of raw times. */
struct profile {
    bool net; /* times are net of the costs of tracing */
    VEC(struct profile_row) rows;
    struct histogram_pool pool;
};

/* Adds a row and returns its index, or -ENOMEM. Rows may move. */
MUST_CHECK int64_t profile_add_row(struct profile *profile);

/* Makes room for the histograms of n calls. -ENOMEM, -E2BIG: as histogram_pool_reserve(). */
MUST_CHECK int profile_reserve(struct profile *profile, uint32_t n);

/* A call has returned. Allocates nothing: without room, its duration has no percentile. The user
   counts `calls` and `failed`. */
void profile_add_duration(struct profile *profile, size_t row,
                          const struct call_duration *duration);

void profile_free(struct profile *profile);

#endif
