/* SPDX-License-Identifier: MIT */
/*
 * The memory of a traced process, through /proc/PID/mem: it writes where pages are read-only, and
 * makes private copies of file pages as ptrace does. Raw: planted breakpoints show
 * (program_memory_read() in ptrace/core/address_space.h hides them).
 */
#ifndef PTRACE_OS_MEMORY_H
#define PTRACE_OS_MEMORY_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "util/addr.h"
#include "util/error.h"

/* Opens the memory of the thread's address space as it is now: after an exec, open it again. The
   caller closes. A negative errno. */
MUST_CHECK int memory_open(pid_t tid);
/* All n bytes or a negative errno: -EIO when some of it is not there, -ESRCH when the process has
   ended or executed another program. */
MUST_CHECK int memory_read(int fd, target_addr at, void *buffer, size_t n);
MUST_CHECK int memory_write(int fd, target_addr at, const void *buffer, size_t n);
/* As many of the n bytes as there are without a gap, 0 when the first is missing. */
size_t memory_read_some(int fd, target_addr at, void *buffer, size_t n);

/*
 * Reads n pieces of a stopped thread's memory, in one system call where the kernel permits it, else
 * through `fd` (from memory_open(), or -1): the seccomp filters of containers may refuse
 * process_vm_readv(2), and it may be short of memory. Returns the bytes read, whole pieces only,
 * the first ones when not all are there; 0 when none is.
 */
size_t memory_read_pieces(pid_t tid, int fd, const struct iovec *local, const struct iovec *remote,
                          unsigned n);

#endif
