/* SPDX-License-Identifier: MIT */
#include "ptrace/os/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/uio.h>
#include <unistd.h>

#include "util/addr.h"
#include "util/capabilities.h"
#include "util/cleanup.h"
#include "util/descriptors.h"

int memory_open(pid_t tid)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/mem", tid);
    cleanup(target_rights_end) struct target_rights rights = target_rights_begin();
    return descriptors_open(path, O_RDWR);
}

int memory_read(int fd, target_addr at, void *buffer, size_t n)
{
    ssize_t got = pread(fd, buffer, n, (off_t)at.value);
    if (got < 0)
        return -errno;
    if (got == 0 && n > 0)
        return -ESRCH; /* mem_rw(): the address space has no users any more */
    return (size_t)got == n ? 0 : -EIO;
}

int memory_write(int fd, target_addr at, const void *buffer, size_t n)
{
    ssize_t put = pwrite(fd, buffer, n, (off_t)at.value);
    if (put < 0)
        return -errno;
    if (put == 0 && n > 0)
        return -ESRCH;
    return (size_t)put == n ? 0 : -EIO;
}

size_t memory_read_some(int fd, target_addr at, void *buffer, size_t n)
{
    ssize_t got = pread(fd, buffer, n, (off_t)at.value);
    return got < 0 ? 0 : (size_t)got;
}

size_t memory_read_pieces(pid_t tid, int fd, const struct iovec *local, const struct iovec *remote,
                          unsigned n)
{
    ssize_t got = process_vm_readv(tid, local, n, remote, n, 0);
    if (got >= 0)
        return (size_t)got;
    /* These errors concern the process or its memory, and the other way would fail, too. */
    if (errno == ESRCH || errno == EFAULT || fd < 0)
        return 0;
    size_t sum = 0;
    for (unsigned i = 0; i < n; i++) {
        target_addr at = target_addr_of((uint64_t)(uintptr_t)remote[i].iov_base);
        if (memory_read(fd, at, local[i].iov_base, local[i].iov_len) < 0)
            break;
        sum += local[i].iov_len;
    }
    return sum;
}
