/* SPDX-License-Identifier: MIT */
/* What the engine's user requests for addresses: arm, disarm, watch. See also ptrace/engine.h. */
#ifndef PTRACE_BREAKPOINTS_ARMING_H
#define PTRACE_BREAKPOINTS_ARMING_H

#include "ptrace/breakpoints/site.h"
#include "util/addr.h"
#include "util/error.h"

struct process;

/* Adds a use to the site at `at`. Creates the site if needed. */
MUST_CHECK int arming_add_use(struct process *process, target_addr at, enum site_use wanted,
                              struct error *err);

#endif
