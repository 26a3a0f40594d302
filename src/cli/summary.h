/* SPDX-License-Identifier: MIT */
/* The end of a trace: finishes the sink and prints the summary line. */
#ifndef CLI_SUMMARY_H
#define CLI_SUMMARY_H

#include "cli/tracer.h"
#include "util/error.h"

/* Finishes the sink and prints how many functions, calls and events there were and where the trace
   is. A negative errno if the sink could not finish; an empty err->text: the reason was printed. */
MUST_CHECK int summary_report(struct tracer *tracer, struct error *err);

#endif
