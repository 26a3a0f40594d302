/* SPDX-License-Identifier: MIT */
/*
 * Taking breakpoints out of a memory, by whatever way there is: through /proc/PID/mem, or word by
 * word through ptrace(2) where that cannot be opened or does not take it. Nobody is let go with a
 * breakpoint in the code: it would be a thread's death.
 */
#ifndef PTRACE_BREAKPOINTS_TRAP_REMOVAL_H
#define PTRACE_BREAKPOINTS_TRAP_REMOVAL_H

#include <sys/types.h>

#include "ptrace/core/address_space.h"
#include "util/error.h"

/*
 * Takes all breakpoints out of the memory of `tid`, a stopped thread (0: none is at hand), which
 * is the space's own or a forked child's copy; `fd` is that memory opened, or negative. 0, also
 * when the process has ended. A negative errno: there may be some left, and nothing helps.
 */
MUST_CHECK int traps_remove(const struct address_space *space, int fd, pid_t tid);

#endif
