/* SPDX-License-Identifier: MIT */
/* What the trials expect of "work" and "small", the two functions that most of them trace. */
#ifndef ENGINE_TRIAL_BOTH_H
#define ENGINE_TRIAL_BOTH_H

#include "engine/trial.h"

/* Two entries, and two places where they return to. */
static inline bool four_planted(struct trial *trial)
{
    return planted(trial) == 4;
}

static inline void both_recorded(struct trial *trial)
{
    recorded(trial, "work", 2 * CALLS, 2 * CALLS);
    recorded(trial, "small", CALLS, CALLS);
}

static inline void both_jumped(struct trial *trial)
{
    both_recorded(trial);
    made_no_stops(trial);
    made_records(trial, 6 * CALLS + 2 * CALLS); /* two functions that are not traced return, too */
    struct engine_stats now = stats_of(trial);
    unsigned long by_jumps = now.jump_calls - trial->stats_before.jump_calls;
    ck_assert_uint_le(by_jumps, 3 * CALLS);
    ck_assert_uint_ge(by_jumps + FEW, 3 * CALLS);
    ck_assert_uint_gt(now.jump_batch_longest_ns, 0);
    ck_assert_uint_le(now.jump_batch_longest_ns, now.jump_batch_ns);
    ck_assert(!is_original(trial, "work"));
    ck_assert(!is_original(trial, "small"));
}

#endif
