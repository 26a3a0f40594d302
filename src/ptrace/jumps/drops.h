/* SPDX-License-Identifier: MIT */
/*
 * Hits that stubs have dropped, for lack of room in a ring. Each stub of an entry counts them; with
 * the entry, the exit of the call counts as dropped, even if its record is there. A return that was
 * dropped alone shows by its call, which is then left behind on the callstack.
 */
#ifndef PTRACE_JUMPS_DROPS_H
#define PTRACE_JUMPS_DROPS_H

#include "ptrace/core/address_space.h"
#include "ptrace/core/tracee.h"

/* Counts the entries that were dropped since the last call. */
void drops_count(struct address_space *space);
/* The thread has dropped hits before its next record. */
void drops_before(struct tracee *tracee);
/* The thread has stopped, or has ended, and all its records were taken: what it has dropped since
   the last one is before what it does next. */
void drops_until_stop(struct tracee *tracee);

#endif
