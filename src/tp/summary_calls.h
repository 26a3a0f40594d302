/* SPDX-License-Identifier: MIT */
/*
 * The open calls of all threads, as hits tell of them: a return is matched with its entry by the
 * time of the entry. Allocates only in summary_calls_reserve().
 */
#ifndef TP_SUMMARY_CALLS_H
#define TP_SUMMARY_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/call_times.h"
#include "model/hit.h"
#include "util/arena.h"
#include "util/error.h"
#include "util/table.h"

enum {
    /* Calls that were left, by a jump or for another stack, and may still return. Of more, the
       oldest are forgotten. */
    SUMMARY_LEFT_MAX = 1 << 14,
    SUMMARY_CALLS_MAX = 1 << 24, /* in all threads */
    SUMMARY_THREADS_MAX = 1 << 20,
};

struct summary_call;
struct summary_thread;

/* All zero is an empty one. */
struct summary_calls {
    const struct call_costs *costs; /* NULL: not known */
    struct call_times times;
    struct table threads;            /* by ID: struct summary_thread */
    struct table left;               /* by thread and time of entry: struct summary_call */
    struct summary_call *left_first; /* by age, the oldest first */
    struct summary_call *left_last;
    struct summary_call *spare_calls;
    struct summary_thread *spare_threads;
    size_t n_spare_calls, n_spare_threads; /* in these lists */
    size_t n_calls, n_threads;             /* allocated */
    struct arena memory;
};

/* Makes room for that many more threads, and calls in them. -ENOMEM; -E2BIG: there are too many. */
MUST_CHECK int summary_calls_reserve(struct summary_calls *calls, size_t n_calls, size_t n_threads);
/* Whether less than half of that room is left. */
bool summary_calls_need(const struct summary_calls *calls, size_t n_calls, size_t n_threads);
void summary_calls_free(struct summary_calls *calls);

/* An entry into the function with that key. false: there is no room; its return will be unknown. */
bool summary_calls_enter(struct summary_calls *calls, const struct hit *hit, uint32_t key);

/* Tracing has cost the thread so much more since its last hit, by one more stop. */
void summary_calls_measured(struct summary_calls *calls, pid_t tid, uint64_t ns);

/* What is known of a call that has returned. */
struct summary_return {
    bool is_timed; /* else all below is unknown */
    struct call_duration duration;
};

/* A return of the function with that key. false: its entry is not known. */
bool summary_calls_return(struct summary_calls *calls, const struct hit *hit, uint32_t key,
                          struct summary_return *result);

#endif
