/* SPDX-License-Identifier: MIT */
/*
 * Removing breakpoints from a memory in any possible way: through /proc/PID/mem, or word by word
 * with ptrace(2) if that file cannot be opened or written. A thread must not be detached with a
 * breakpoint in its code: it would die.
 */
#ifndef PTRACE_BREAKPOINTS_TRAP_REMOVAL_H
#define PTRACE_BREAKPOINTS_TRAP_REMOVAL_H

#include <sys/types.h>

#include "ptrace/core/address_space.h"
#include "util/error.h"

/*
 * Removes all breakpoints from the memory of `tid`, a stopped thread (0: none), which is the
 * address space's own or a forked child's copy. `fd` is that memory, or negative. 0, also if the
 * process has ended. A negative errno: some breakpoints may remain, and retrying does not help.
 */
MUST_CHECK int traps_remove(const struct address_space *space, int fd, pid_t tid);

#endif
