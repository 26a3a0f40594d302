/* SPDX-License-Identifier: MIT */
/* The sink of --print: lines on standard error or in a file. */
#ifndef CLI_PRINT_SINK_H
#define CLI_PRINT_SINK_H

#include "util/error.h"

struct tracer;

/* Opens the file, if there is one, and makes this the tracer's sink. -EINPROGRESS: the file is a
   FIFO that nobody reads. */
MUST_CHECK int print_sink_open(struct tracer *tracer, struct error *err);

#endif
