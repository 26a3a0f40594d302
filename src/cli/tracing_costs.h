/* SPDX-License-Identifier: MIT */
/*
 * What tracing costs the traced threads: what a stop costs them, measured before and while tracing,
 * and how long hits are handled in it, sampled while tracing. And what jumps cost, measured before.
 */
#ifndef CLI_TRACING_COSTS_H
#define CLI_TRACING_COSTS_H

#include <stdbool.h>
#include <stdint.h>

#include "model/call_times.h"
#include "model/hit.h"

struct tracing_costs;

/* Measures. `jumps`: also what jumps cost. NULL: that was not possible, and costs are not known. */
struct tracing_costs *tracing_costs_new(bool jumps);
void tracing_costs_free(struct tracing_costs *costs);

/* A hit has just been recorded. Those by jumps are passed over. Cheap; one call at a time. */
void tracing_costs_hit(struct tracing_costs *costs, const struct hit *hit);

/* The engine has measured a stop: engine_sink.stop_measured. One call at a time, and none at the
   same time as tracing_costs_hit(). */
void tracing_costs_stop(struct tracing_costs *costs, uint64_t ns, uint64_t cpu_ns, bool at_return);

/* The costs by the samples up to now, where the time of an event is that of its recording, as in
   traces of LTTng. */
struct call_costs tracing_costs_of_records(const struct tracing_costs *costs);
/* Those by stops and by jumps (COSTS_WAYS) where it is that of the hit, for the durations that are
   recorded, too. */
void tracing_costs_of_both(const struct tracing_costs *costs, struct call_costs *both);
/* Those by stops where it is that of the hit. Kept up to date by tracing_costs_hit(). */
const struct call_costs *tracing_costs_of_hits(const struct tracing_costs *costs);

#endif
