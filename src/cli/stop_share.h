/* SPDX-License-Identifier: MIT */
/*
 * The share of stops in a run's time. A run that spends most of its time in stops says so once,
 * with the functions that are called most, and how to leave them out: nobody else tells the user
 * why a program has become slow.
 */
#ifndef CLI_STOP_SHARE_H
#define CLI_STOP_SHARE_H

#include "model/hit.h"

struct stop_share;
struct tracer;

/* NULL: out of memory. The environment variable PTRACE_TRACER_STOP_SHARE_AFTER_MS, for tests, sets
   how long a run must take before anything is said. */
struct stop_share *stop_share_new(void);
void stop_share_free(struct stop_share *share);

/* A hit was handled; those by jumps are passed over. Allocates nothing; every few seconds it looks
   at the processes' times. `share` may be NULL. */
void stop_share_hit(struct stop_share *share, struct tracer *tracer, const struct hit *hit);

#endif
