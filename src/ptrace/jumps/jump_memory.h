/* SPDX-License-Identifier: MIT */
/* What is made once in an address space for its jumps: the threads' table and rings. */
#ifndef PTRACE_JUMPS_JUMP_MEMORY_H
#define PTRACE_JUMPS_JUMP_MEMORY_H

#include "ptrace/core/address_space.h"
#include "util/error.h"

struct process;

/* One of the space's processes whose calls are reported; NULL: there is none. */
struct process *process_reported(const struct address_space *space);
/* Makes them, if there are hot sites: before all threads are stopped, since the registration for
   membarrier(2) takes milliseconds. A thread is stopped meanwhile, and makes the system calls.
   -EAGAIN: none is able to now. */
MUST_CHECK int jump_memory_prepare(struct address_space *space);

#endif
