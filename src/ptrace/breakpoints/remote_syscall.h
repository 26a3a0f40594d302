/* SPDX-License-Identifier: MIT */
/*
 * A system call made by a thread of the target. No code is written: the thread is sent to a system
 * call instruction that is there already, in its vdso, and stopped before and after.
 */
#ifndef PTRACE_BREAKPOINTS_REMOTE_SYSCALL_H
#define PTRACE_BREAKPOINTS_REMOTE_SYSCALL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "ptrace/core/address_space.h"
#include "util/error.h"

/*
 * Makes the stopped thread `tid` (in a SIGTRAP of a breakpoint, or settled: see wait_settle()) do
 * one system call and puts back its registers and signal mask. *result is what the kernel returned,
 * a negative errno of the target's included. Afterwards the thread is in a STOP_INTERRUPTED or
 * STOP_GROUP. -ESRCH: it is gone. -EPERM: its seccomp filter might kill it: nothing was done.
 */
MUST_CHECK int remote_syscall(struct address_space *space, pid_t tid, long number,
                              const uint64_t args[6], int64_t *result);

/*
 * Opens the memory of a forked child that is in its first stop, as memory_open() does; `space` is
 * its parent's, of which it has a copy. A child that forbids that, as its parent does (prctl(2),
 * PR_SET_DUMPABLE), is made to permit it for the moment. The caller closes. A negative errno.
 */
MUST_CHECK int remote_open_memory(struct address_space *space, pid_t child);

/* Whether the thread runs under seccomp, where a system call may be its death. true when in doubt.
 */
bool remote_syscall_forbidden(pid_t tid);

#endif
