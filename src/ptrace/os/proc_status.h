/* SPDX-License-Identifier: MIT */
/*
 * /proc/PID/status (proc(5)). The file is readable for everybody, also if the process is not
 * dumpable. Its other files are in proc_files.h.
 */
#ifndef PTRACE_OS_PROC_STATUS_H
#define PTRACE_OS_PROC_STATUS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/error.h"

/* The number in the thread's line "NAME: NUMBER". Negative: none, since the thread is gone or the
   kernel has no such line. */
long proc_status_number(pid_t tid, const char *name);
/* The last of the numbers in the line "NAME: NUMBER...". Negative: as above. */
long proc_status_last_number(pid_t tid, const char *name);
/* The set of signals or capabilities in the line "NAME: HEX": bit 0 is the first one. -ESRCH: no
   such thread; -ENODATA: the kernel has no such line; another negative errno: it cannot be read
   now. *set is then 0. */
MUST_CHECK int proc_status_set(pid_t tid, const char *name, uint64_t *set);

/* Several lines at once. */
struct proc_status {
    pid_t group;
    pid_t tracer; /* 0: none */
    unsigned threads;
    char state;       /* the letter of proc(5) */
    uid_t uid;        /* real user ID */
    uint64_t pending; /* signals, of the thread or its process: bit 0 is the first one */
    bool has_memory;  /* false: a kernel thread, or a process that has ended */
    char name[64];
};
/* 0; -ESRCH: no such thread; another negative errno: it cannot be read now. */
MUST_CHECK int proc_status_read(pid_t pid, struct proc_status *status);
/* The same without an allocation, for a child that was forked while other threads may have been in
   the allocator. state 'X': no such thread; '?': it cannot be read. */
struct proc_status proc_status_look(pid_t tid);

/* Whether the process is a child of the calling one; true if it cannot be read. */
bool proc_is_own_child(pid_t pid);

#endif
