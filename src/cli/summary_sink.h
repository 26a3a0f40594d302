/* SPDX-License-Identifier: MIT */
/* --summary: counts calls beside what else is done with hits, and prints a table at the end. */
#ifndef CLI_SUMMARY_SINK_H
#define CLI_SUMMARY_SINK_H

#include "util/error.h"

struct tracer;

/* Makes tracer->summary. If hits are asked for nowhere else, the tracer's sink records nothing. */
MUST_CHECK int summary_sink_open(struct tracer *tracer, struct error *err);

/* Prints the table on standard error. Negative errno. */
MUST_CHECK int summary_sink_print(const struct tracer *tracer, struct error *err);

#endif
