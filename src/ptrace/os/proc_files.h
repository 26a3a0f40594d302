/* SPDX-License-Identifier: MIT */
/* Files of /proc other than /proc/PID/status and /proc/PID/mem (proc(5)). */
#ifndef PTRACE_OS_PROC_FILES_H
#define PTRACE_OS_PROC_FILES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/error.h"

/* The thread's state, a letter, from /proc/PID/stat. -ESRCH: no such thread; another negative
   errno: it cannot be read now. */
MUST_CHECK int proc_state(pid_t tid);

/* Opens /proc/PID/task/TID/stat. The caller closes it. A negative errno. */
MUST_CHECK int proc_stat_open(pid_t pid, pid_t tid);
/* The CPU that the thread runs on, or last ran on, from that file (field 39). -1: not known. */
int proc_stat_cpu(int fd);
/* Opens /proc/PID/task/TID/schedstat. The caller closes it. A negative errno. */
MUST_CHECK int proc_schedstat_open(pid_t pid, pid_t tid);
/* How long the thread has been on a CPU, from that file (Documentation/scheduler/sched-stats.rst,
   "/proc/<pid>/schedstat"). Exact when it is not running now. -ESRCH: the thread is gone; -ENODATA:
   the kernel does not count that. */
MUST_CHECK int proc_schedstat_run_ns(int fd, uint64_t *ns);
/* The same, from a file that is opened for it. 0: not available. */
uint64_t proc_run_time_ns(pid_t pid, pid_t tid);
/* Reads the thread's name (/proc/PID/task/TID/comm), NUL included at most `size` bytes. If it
   cannot be read, name is unchanged. */
void proc_read_name(pid_t pid, pid_t tid, char *name, size_t size);

/* Whether the process has a program, by its link /proc/PID/exe: 1, or 0 for a kernel thread and for
   a process that has released its memory; a negative errno: it cannot be read. */
MUST_CHECK int proc_has_program(pid_t pid);

/* The value of that type in the process's auxiliary vector (getauxval(3)), from /proc/PID/auxv. A
   negative errno; -ENOENT: it has none. */
MUST_CHECK int proc_auxiliary(pid_t pid, unsigned long type, uint64_t *value);

/* The soft limit of that name, as in the first column of /proc/PID/limits. UINT64_MAX: unlimited.
   Everybody may read it; prlimit(2) needs the rights of the process's user. A negative errno;
   -ENODATA: no such limit. */
MUST_CHECK int proc_limit(pid_t pid, const char *name, uint64_t *soft);

/* Reads the number in a file such as /proc/sys/vm/max_map_count. A negative errno. */
MUST_CHECK int proc_number(const char *path, long *number);

#endif
