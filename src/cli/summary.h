/* SPDX-License-Identifier: MIT */
/* The end of a trace: the session is ended, and one line says what came of it. */
#ifndef CLI_SUMMARY_H
#define CLI_SUMMARY_H

#include "cli/tracer.h"
#include "util/error.h"

/* Ends the session and says how many functions, calls and events there were and where the trace is.
   Fails when the session did not end as it should. */
MUST_CHECK int summary_report(struct tracer *tracer, struct error *err);

#endif
