/* SPDX-License-Identifier: MIT */
/* The mapping of the rings' memory in the target: as little of a burden for it as can be. */
#ifndef PTRACE_JUMPS_RING_MAPPING_H
#define PTRACE_JUMPS_RING_MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "ptrace/core/address_space.h"
#include "util/addr.h"
#include "util/error.h"

/* A tracer that has left the target writes this into the memory: the mapping may be replaced. */
enum { RING_MAPPING_SIGN = 16 };
extern const uint8_t ring_mapping_left[RING_MAPPING_SIGN];

/* Whether the thread's process may have so much more memory without soon being short of it: what
   the tracer maps counts for its RLIMIT_AS (setrlimit(2)). */
bool ring_mapping_is_modest(pid_t tid, size_t size);
/* Maps `size` bytes of the descriptor of the target's, where the last tracer had them if that has
   left `ring_mapping_left` at `sign`. They are not locked in memory (mlockall(2)). A negative
   errno, never -EAGAIN. */
MUST_CHECK int ring_mapping_make(struct address_space *space, pid_t helper, int fd, size_t size,
                                 size_t sign, target_addr *at);
/* remote_syscall(), with the kernel's negative errno as the result, too. */
MUST_CHECK int ring_mapping_call(struct address_space *space, pid_t helper, long number,
                                 const uint64_t args[6], int64_t *result);

#endif
