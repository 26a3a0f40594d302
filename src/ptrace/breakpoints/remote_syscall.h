/* SPDX-License-Identifier: MIT */
/*
 * System calls made by a thread of the target. No code is written: the thread is sent to a system
 * call instruction in its vdso, and stopped before and after it.
 */
#ifndef PTRACE_BREAKPOINTS_REMOTE_SYSCALL_H
#define PTRACE_BREAKPOINTS_REMOTE_SYSCALL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "ptrace/core/address_space.h"
#include "util/error.h"

/*
 * Makes the stopped thread `tid` do one system call, then restores its registers and signal mask.
 * The thread must be in the SIGTRAP stop of a breakpoint, or settled: see wait_settle(). *result:
 * the kernel's result, which may be a negative errno. Afterwards the thread is in a
 * STOP_INTERRUPTED or STOP_GROUP. -ESRCH: the thread is gone. -EPERM: its seccomp filter might kill
 * it, and nothing was done.
 */
MUST_CHECK int remote_syscall(struct address_space *space, pid_t tid, long number,
                              const uint64_t args[6], int64_t *result);

/*
 * Opens the memory of a forked child in its first stop, like memory_open(). `space` is the
 * parent's, of which the child has a copy. If the child is not dumpable (prctl(2),
 * PR_SET_DUMPABLE), it is made so for a moment. The caller closes the descriptor. A negative errno.
 */
MUST_CHECK int remote_open_memory(struct address_space *space, pid_t child);

/* Whether the thread has a seccomp filter, which may kill it for a system call. true if it cannot
   be read. */
bool remote_syscall_forbidden(pid_t tid);

#endif
