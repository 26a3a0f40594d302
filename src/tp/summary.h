/* SPDX-License-Identifier: MIT */
/*
 * --summary: calls are counted and timed while they are traced; at the end there is a table
 * (model/profile_table.h). Nothing is kept of a call that has returned, so memory grows with the
 * functions that are called, the threads and the calls that are open.
 */
#ifndef TP_SUMMARY_H
#define TP_SUMMARY_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "model/call_times.h"
#include "model/hit.h"
#include "model/probe.h"
#include "model/profile_table.h"
#include "util/error.h"

struct summary;

/* `costs`: what tracing costs, where the time of an event is that of the hit; read at each hit, and
   must outlive the summary. NULL: not known, times are raw. NULL is returned without memory. */
struct summary *summary_new(const struct call_costs *costs);
void summary_free(struct summary *summary);

/* The function may have hits from now on. Hits of others are not counted. Out of memory: it has
   no line. From any thread, but summary_hit() may run meanwhile. */
void summary_add(struct summary *summary, const struct probe *probe);

/* Starts the thread that makes room for more functions and open calls, so that hits need not.
   Negative errno. */
MUST_CHECK int summary_start(struct summary *summary);
/* Ends it; no hits come any more. Does nothing if it was not started. */
void summary_stop(struct summary *summary);

/* Counts the hit. Allocates nothing. */
void summary_hit(struct summary *summary, const struct hit *hit);
/* A stop of the thread was measured after its last hit: it has cost so much more. */
void summary_measured(struct summary *summary, pid_t tid, uint64_t ns);
/* Counts calls that were not reported. */
void summary_dropped(struct summary *summary, const struct probe *probe, uint64_t calls);

/* What the table does not tell. */
struct summary_remarks {
    uint64_t unreturned; /* calls without a return: they have no time */
    uint64_t untimed;    /* of the calls that have returned: there was no room to time them */
};

/* Writes the table of the functions that were called, as style->format says. -ENOMEM; the caller
   looks at ferror(). */
MUST_CHECK int summary_write(const struct summary *summary, FILE *stream, enum profile_column sort,
                             const struct profile_style *style, struct summary_remarks *remarks);

#endif
