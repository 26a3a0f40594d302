/* SPDX-License-Identifier: MIT */
/* A call that may wait for ever while the tracer is set up. */
#ifndef CLI_SETUP_CALL_H
#define CLI_SETUP_CALL_H

#include "util/error.h"

struct tracer;

/* Runs work(data) until it returns or a signal asks for an end; says after some seconds what the
   tracer waits for. As timed_call_run(); `release` may be NULL. tracer->run.abandoned is set with
   -EINPROGRESS. */
MUST_CHECK int setup_call_run(struct tracer *tracer, int (*work)(void *data, struct error *err),
                              void *data, void (*release)(void *data), struct error *err);

#endif
