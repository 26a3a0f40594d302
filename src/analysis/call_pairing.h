/* SPDX-License-Identifier: MIT */
/*
 * Pairs entries and exits to calls, by (host, pid, tid). The rules, by what was recorded:
 *
 *  - An exit is that of the innermost open call of its function. If calls inside that one are
 *    open, they were left without an exit, or are on another stack and return later.
 *  - A recorded depth says which of several calls of a recursive function has returned, and, at an
 *    entry, which calls have been left since.
 *  - A recorded duration says when the call was entered: of several calls the one is taken whose
 *    entry is nearest to that time.
 *  - Where the thread switches between stacks, an exit that several open calls of the function
 * could have is of none for certain. It may be known before the first event, or show later.
 *  - A call during which events were lost has no duration, unless that was recorded.
 */
#ifndef ANALYSIS_CALL_PAIRING_H
#define ANALYSIS_CALL_PAIRING_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis/call_visitor.h"
#include "analysis/event_source.h"
#include "analysis/thread_set.h"
#include "analysis/unwound_calls.h"
#include "util/error.h"

struct call_pairing;

/* `switching`: threads that are known to switch between stacks, or NULL. All must outlive it. NULL:
   out of memory. */
struct call_pairing *call_pairing_new(const struct call_visitor *visitor,
                                      struct call_counts *counts,
                                      const struct thread_set *switching);
/* Without callbacks. */
void call_pairing_free(struct call_pairing *pairing);

/* The functions below return 0, -ENOMEM, or a callback's error. */

/* Calls are passed to the visitor from now on. Those that are open are announced. */
MUST_CHECK int call_pairing_begin_range(struct call_pairing *pairing);
/* event->function is NULL for an exit that does not tell its function: that of the innermost call
   which is known by its address. */
MUST_CHECK int call_pairing_event(struct call_pairing *pairing, const struct trace_event *event,
                                  const struct event_origin *origin);
MUST_CHECK int call_pairing_gap(struct call_pairing *pairing, const struct trace_gap *gap,
                                uint32_t trace);
/* The tracer has seen then that the innermost call of that function was left. Nothing happens if
   none is open, or if the thread switches between stacks. */
MUST_CHECK int call_pairing_unwound(struct call_pairing *pairing, uint32_t host,
                                    const struct unwound_call *unwound, uint64_t time_ns);
/* The process was replaced by another program, or its ID is another process's. */
MUST_CHECK int call_pairing_replaced(struct call_pairing *pairing,
                                     const struct event_origin *origin, uint64_t time_ns);
/* All that is open is at its end. */
MUST_CHECK int call_pairing_finish(struct call_pairing *pairing, uint64_t end_ns);

#endif
