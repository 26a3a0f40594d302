/* SPDX-License-Identifier: MIT */
/* The stack that a thread is on. */
#ifndef PTRACE_CORE_STACK_RANGE_H
#define PTRACE_CORE_STACK_RANGE_H

#include <stdint.h>

#include "ptrace/core/callstack.h"
#include "ptrace/core/tracee.h"

/*
 * The mapping that holds the stack pointer, as far as it is known: mappings are read again when the
 * pointer lies in none, but no more often than is cheap. {0, 0}: not known (now).
 */
struct stack_range stack_range_of(struct tracee *tracee, uint64_t sp, uint64_t now_ns);

#endif
