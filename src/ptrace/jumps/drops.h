/* SPDX-License-Identifier: MIT */
/*
 * Hits that stubs have dropped, for lack of room in a ring. Each stub of an entry counts them; with
 * the entry, the exit of the call counts as dropped, even if its record is there. A return that was
 * dropped alone shows by its call, which is then left behind on the callstack.
 */
#ifndef PTRACE_JUMPS_DROPS_H
#define PTRACE_JUMPS_DROPS_H

#include <stdint.h>

#include "ptrace/core/address_space.h"
#include "ptrace/core/tracee.h"

/* Counts the entries that were dropped since the last call. */
void drops_count(struct address_space *space);
/* The thread has dropped hits before its record of that time. */
void drops_before(struct tracee *tracee, uint64_t time_ns);
/* The thread has ended, or has left the memory, and all its records were taken: counts the returns
   that it has dropped since. */
void drops_at_end(struct tracee *tracee);

#endif
