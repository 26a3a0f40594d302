/* SPDX-License-Identifier: MIT */
/* Takes records from rings, and reports them as hits. With the engine lock held, on any thread: no
   ptrace request is made. */
#ifndef PTRACE_JUMPS_DRAIN_H
#define PTRACE_JUMPS_DRAIN_H

#include <stddef.h>

#include "ptrace/core/address_space.h"
#include "ptrace/core/tracee.h"

struct engine;

/* Of one thread: to be called before a stop of it is handled. */
void drain_thread(struct tracee *tracee);
/* Of all threads, in the order of their times. Returns how many. */
size_t drain_all(struct engine *engine);
/* Until nothing is left; the threads are stopped. */
void drain_space_whole(struct address_space *space);
/* What was recorded before the call; the threads may run. */
void drain_space_so_far(struct address_space *space);
/* The same of all programs. */
void drain_all_so_far(struct engine *engine);

#endif
