/* SPDX-License-Identifier: MIT */
/* Makes the jump of a site: finds the code that it replaces, and builds its stub. */
#ifndef PTRACE_JUMPS_JUMP_MAKE_H
#define PTRACE_JUMPS_JUMP_MAKE_H

#include <stdbool.h>

#include "ptrace/breakpoints/site.h"
#include "ptrace/core/tracee.h"
#include "util/error.h"

/*
 * Makes the site's jump, unless it has one for the code that is there, and plants nothing. The
 * shared memory of the space must exist. `stopped`: all threads of the space are. Before a jump is
 * planted it must be made with the threads stopped, which takes little time if it was made before.
 * -EPERM: the site can have none, and jump.reason says why. -EAGAIN: it must be tried again, with
 * the threads stopped, or when the file was read, or a thread is able to map memory for the stub.
 */
MUST_CHECK int jump_make(struct process *process, struct site *site, bool stopped);

#endif
