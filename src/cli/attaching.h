/* SPDX-License-Identifier: MIT */
/*
 * Attaching to the processes of the command line.
 */
#ifndef CLI_ATTACHING_H
#define CLI_ATTACHING_H

#include "cli/tracer.h"
#include "util/error.h"

/* Attaches to each process that was asked for. One that cannot be attached to is named in a line,
   and the others are traced. A signal that ends the tracer ends this, too. A negative errno with
   err filled: there is none. */
MUST_CHECK int attaching_run(struct tracer *tracer, struct error *err);

#endif
