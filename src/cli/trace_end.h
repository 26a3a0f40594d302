/* SPDX-License-Identifier: MIT */
/* The end of a trace: finishes the sink and prints what was traced. */
#ifndef CLI_TRACE_END_H
#define CLI_TRACE_END_H

#include "cli/tracer.h"
#include "util/error.h"

/* Finishes the sink and prints how many functions, calls and events there were and where the trace
   is; with --summary also the table. A negative errno if the sink could not finish; an empty
   err->text: the reason was printed. */
MUST_CHECK int trace_end_report(struct tracer *tracer, struct error *err);

#endif
