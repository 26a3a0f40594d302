/* SPDX-License-Identifier: MIT */
/* The stacks that belong to a thread, as those of coroutines do not. */
#ifndef PTRACE_JUMPS_OWN_STACK_H
#define PTRACE_JUMPS_OWN_STACK_H

#include <stdbool.h>
#include <stdint.h>

#include "ptrace/core/tracee.h"

/* Whether the thread runs, or has run, with this stack pointer on a stack that is neither its own
   nor that of a signal handler, or that cannot be known. false once the space `suspends`. */
bool own_stack_left(struct tracee *tracee, uint64_t sp, uint64_t thread_pointer);

#endif
