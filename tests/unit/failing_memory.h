/* SPDX-License-Identifier: MIT */
/* Lets reads and writes of other processes' memory fail, as when the kernel has none
   (fs/proc/base.c: mem_rw()): pread(2) and pwrite(2) are defined here, once in a program. */
#ifndef UNIT_FAILING_MEMORY_H
#define UNIT_FAILING_MEMORY_H

#include <errno.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

/* More failures in a row than the engine tries. */
enum { FAILING_MEMORY_LASTING = 300 };

static struct {
    long before; /* accesses before the first failure */
    long left;   /* failures to come */
    bool failed;
} failing_memory;

/* After n accesses, `times` fail. */
static inline void failing_memory_begin(long n, long times)
{
    failing_memory.before = n;
    failing_memory.left = times;
    failing_memory.failed = false;
}

/* Whether any has failed. */
static inline bool failing_memory_end(void)
{
    failing_memory.before = failing_memory.left = 0;
    return failing_memory.failed;
}

static inline bool failing_memory_fails(void)
{
    if (failing_memory.left == 0 || failing_memory.before-- > 0)
        return false;
    failing_memory.left--;
    failing_memory.before = 0;
    failing_memory.failed = true;
    errno = ENOMEM;
    return true;
}

ssize_t pread(int fd, void *buffer, size_t n, off_t offset)
{
    return failing_memory_fails() ? -1 : syscall(SYS_pread64, fd, buffer, n, offset);
}

ssize_t pwrite(int fd, const void *buffer, size_t n, off_t offset)
{
    return failing_memory_fails() ? -1 : syscall(SYS_pwrite64, fd, buffer, n, offset);
}

#endif
