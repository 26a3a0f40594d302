/* SPDX-License-Identifier: MIT */
/*
 * The memory of a traced process, through /proc/PID/mem. It can write to read-only pages, and makes
 * private copies of file pages, like ptrace(2). Planted breakpoints are visible:
 * program_memory_read() in ptrace/breakpoints/program_memory.h hides them.
 */
#ifndef PTRACE_OS_MEMORY_H
#define PTRACE_OS_MEMORY_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "util/addr.h"
#include "util/error.h"

/* Opens the memory of the thread's present address space: after an exec, it must be opened again.
   The caller closes the descriptor. A negative errno. */
MUST_CHECK int memory_open(pid_t tid);
/* All n bytes or a negative errno: -EIO: some of them are not mapped; -ESRCH: the process has ended
   or executed another program. */
MUST_CHECK int memory_read(int fd, target_addr at, void *buffer, size_t n);
MUST_CHECK int memory_write(int fd, target_addr at, const void *buffer, size_t n);
/* Reads as many of the n bytes as are readable without a gap; returns 0 if the first is not. */
size_t memory_read_some(int fd, target_addr at, void *buffer, size_t n);

/*
 * Reads n pieces of a stopped thread's memory. Uses one system call if the kernel permits it, else
 * `fd` (from memory_open(), or -1): the seccomp filters of containers may refuse
 * process_vm_readv(2), and it may fail for lack of memory. Returns the bytes read: whole pieces
 * only, up to the first that is not readable.
 */
size_t memory_read_pieces(pid_t tid, int fd, const struct iovec *local, const struct iovec *remote,
                          unsigned n);

#endif
