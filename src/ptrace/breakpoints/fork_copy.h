/* SPDX-License-Identifier: MIT */
/* The copy of an address space that a child of fork(2) has, with all that stands in it. */
#ifndef PTRACE_BREAKPOINTS_FORK_COPY_H
#define PTRACE_BREAKPOINTS_FORK_COPY_H

#include <stdint.h>
#include <sys/types.h>

#include "util/error.h"

struct address_space;

/*
 * A copy for the forked child `tid`, whose memory is a copy, too. `changes`: those that there were
 * when the thread that forked it was last resumed. What has changed since the memory may lack, and
 * it is written anew.
 */
MUST_CHECK int fork_copy(struct address_space *from, pid_t tid, uint64_t changes,
                         struct address_space **space);
/* A copy for a child whose memory cannot be looked at: wherever a breakpoint may stand, one is
   passed. */
MUST_CHECK int fork_copy_unseen(const struct address_space *from, struct address_space **space);

#endif
