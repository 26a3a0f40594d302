/* SPDX-License-Identifier: MIT */
/* Makes the jump of a site: finds the code that it replaces, and builds its stub. */
#ifndef PTRACE_JUMPS_JUMP_MAKE_H
#define PTRACE_JUMPS_JUMP_MAKE_H

#include "ptrace/breakpoints/site.h"
#include "ptrace/core/tracee.h"
#include "util/error.h"

/*
 * Makes the site's jump, unless it has one for the code that is there, and plants nothing. The
 * shared memory of the space must exist, and its threads be stopped. -EPERM: the site can have
 * none, and jump.reason says why. -EAGAIN: no thread can map memory for the stub now.
 */
MUST_CHECK int jump_make(struct process *process, struct site *site);

#endif
