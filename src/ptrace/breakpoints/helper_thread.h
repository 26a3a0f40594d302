/* SPDX-License-Identifier: MIT */
/* A thread of an address space that makes system calls for the engine. */
#ifndef PTRACE_BREAKPOINTS_HELPER_THREAD_H
#define PTRACE_BREAKPOINTS_HELPER_THREAD_H

#include <sys/types.h>

#include "util/error.h"

struct address_space;
struct engine;
struct tracee;

/* A thread of the address space in a stop in which remote_syscall() can use it: the one being
   handled, or one that is stopped now and resumed later by the loop. -EAGAIN: it has something to
   report first; try again once the loop has handled that. -ESRCH: none is left. */
MUST_CHECK pid_t helper_thread_get(struct address_space *space);

/* Interrupts a thread of the address space that is able to stop. NULL: none. */
struct tracee *helper_thread_interrupt(struct engine *engine, const struct address_space *space);

#endif
