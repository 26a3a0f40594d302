/* SPDX-License-Identifier: MIT */
/*
 * debuginfod's servers may take their time, or never answer. So they are asked before a process is
 * attached to and before a program is started, and not at all later, when it stands still.
 */
#ifndef CLI_DEBUG_SERVERS_H
#define CLI_DEBUG_SERVERS_H

#include "cli/tracer.h"
#include "util/error.h"

/*
 * Fetches what they have of the modules that are to be traced, as far as these are known now.
 * -EINPROGRESS, with err filled: a signal ended it.
 */
MUST_CHECK int debug_servers_ask(struct tracer *tracer, struct error *err);

#endif
