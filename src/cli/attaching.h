/* SPDX-License-Identifier: MIT */
/* Attaches to the processes of the command line. */
#ifndef CLI_ATTACHING_H
#define CLI_ATTACHING_H

#include "cli/tracer.h"
#include "util/error.h"

/*
 * Attaches to each process given. Prints an error for one that it cannot attach to, and traces the
 * others. A signal that ends the tracer ends this, too. Negative errno with err filled: no process
 * is traced.
 */
MUST_CHECK int attaching_run(struct tracer *tracer, struct error *err);

#endif
