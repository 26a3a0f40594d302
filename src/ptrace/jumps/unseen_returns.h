/* SPDX-License-Identifier: MIT */
/*
 * Return addresses where nothing can be planted: in code that the program has generated. A stub
 * whose call returns there need not stop, since the exit is not seen anyway.
 */
#ifndef PTRACE_JUMPS_UNSEEN_RETURNS_H
#define PTRACE_JUMPS_UNSEEN_RETURNS_H

#include "ptrace/core/address_space.h"
#include "ptrace/core/tracee.h"
#include "util/addr.h"

/* A call, whose exit is wanted, has no return site at `at`. */
void unseen_returns_add(struct tracee *tracee, target_addr at);
/* There may be code of files now: forgets all of them. */
void unseen_returns_forget(struct address_space *space);

#endif
