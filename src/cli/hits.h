/* SPDX-License-Identifier: MIT */
/* The engine's hits: members of struct engine_sink. */
#ifndef CLI_HITS_H
#define CLI_HITS_H

#include <stdbool.h>
#include <stdint.h>

#include "model/hit.h"
#include "model/probe.h"

/* Passes the hit to the sink; `data` is the tracer. */
void hits_take(void *data, const struct hit *hit);
/* A call was left by an exception or a jump (engine_sink.unwound). */
void hits_unwound(void *data, const struct hit *hit);
/* The engine has measured a stop (engine_sink.stop_measured). */
void hits_measured(void *data, pid_t tid, uint64_t ns, uint64_t cpu_ns, bool at_return);
/* Counts calls that the engine could not report. */
void hits_dropped(void *data, const struct probe *probe, uint64_t calls, uint64_t hits);

#endif
