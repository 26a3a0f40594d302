/* SPDX-License-Identifier: MIT */
/*
 * Single lines of /proc/PID/status, and the state of /proc/PID/stat (proc(5)). Everybody may read
 * these files, also of a process that forbids to be looked into.
 */
#ifndef PTRACE_OS_PROC_STATUS_H
#define PTRACE_OS_PROC_STATUS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/error.h"

/* The number in the line "NAME: NUMBER" of the thread's, negative when there is none: the thread is
   gone, or the kernel has no such line. */
long proc_status_number(pid_t tid, const char *name);
/* The last of the numbers in the line "NAME: NUMBER..."; likewise. */
long proc_status_last_number(pid_t tid, const char *name);
/* The set in the line "NAME: HEX", of signals or capabilities: bit 0 is the first of them. -ESRCH
   when there is no such thread, -ENODATA when the kernel has no such line; any other negative errno
   when it cannot be told at the moment. `set` is 0 then. */
MUST_CHECK int proc_status_set(pid_t tid, const char *name, uint64_t *set);
/* The thread's state, the letter of /proc/PID/stat. -ESRCH when there is no such thread; any other
   negative errno when it cannot be told at the moment. */
MUST_CHECK int proc_state(pid_t tid);

/* A look at a thread that allocates nothing, for a child that was forked while other threads may
   have been in the allocator. */
struct proc_look {
    char state;       /* as in proc(5); 'X': there is no such thread, '?': it cannot be told */
    uint64_t pending; /* signals, for it or its process: bit 0 is the first */
};
struct proc_look proc_look_at(pid_t tid);

/* Whether the process is a child of the calling one; true when it cannot be told. */
bool proc_is_own_child(pid_t pid);

#endif
