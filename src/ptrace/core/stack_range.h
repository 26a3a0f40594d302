/* SPDX-License-Identifier: MIT */
/* The stack that a thread is running on. */
#ifndef PTRACE_CORE_STACK_RANGE_H
#define PTRACE_CORE_STACK_RANGE_H

#include <stdint.h>

#include "ptrace/core/callstack.h"
#include "ptrace/core/tracee.h"

/*
 * The mapping that contains the stack pointer. If no known mapping contains it, the mappings are
 * read again, at most every 10 ms. {0, 0}: not known.
 */
struct stack_range stack_range_of(struct tracee *tracee, uint64_t sp, uint64_t now_ns);

#endif
