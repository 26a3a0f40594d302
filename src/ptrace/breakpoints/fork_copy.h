/* SPDX-License-Identifier: MIT */
/* The copy of an address space for a child of fork(2), with its sites and slots. */
#ifndef PTRACE_BREAKPOINTS_FORK_COPY_H
#define PTRACE_BREAKPOINTS_FORK_COPY_H

#include <stdint.h>
#include <sys/types.h>

#include "util/error.h"

struct address_space;

/*
 * A copy for the forked child `tid`, whose memory is a copy, too. `changes`: the value of
 * address_space.changes when the forking thread was last resumed. Later changes may be missing in
 * the child's memory, and are written again.
 */
MUST_CHECK int fork_copy(struct address_space *from, pid_t tid, uint64_t changes,
                         struct address_space **space);
/* A copy for a child whose memory is not accessible. Every mapped site counts as planted, and
   threads pass it. */
MUST_CHECK int fork_copy_unseen(const struct address_space *from, struct address_space **space);

#endif
