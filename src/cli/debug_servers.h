/* SPDX-License-Identifier: MIT */
/* A debuginfod server may answer slowly or never. So the tracer asks the servers before it attaches
   to a process or starts a program, and never while a process is stopped. */
#ifndef CLI_DEBUG_SERVERS_H
#define CLI_DEBUG_SERVERS_H

#include "cli/tracer.h"
#include "util/error.h"

/* Fetches the debug information of the modules to trace that are known now. -EINPROGRESS with err
   filled: a signal ended it. */
MUST_CHECK int debug_servers_ask(struct tracer *tracer, struct error *err);

#endif
