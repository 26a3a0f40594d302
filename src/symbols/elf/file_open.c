/* SPDX-License-Identifier: MIT */
#include "symbols/elf/file_open.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/descriptors.h"

/*
 * With O_PATH nothing is opened yet (open(2)), so that it can be looked at: a FIFO that is opened
 * for reading lets those go on that wait for a reader. Takes `found`, a descriptor or an errno.
 */
static int open_regular(int found)
{
    if (found < 0)
        return found;
    cleanup(cleanup_fd) int fd = found;
    struct stat status;
    char link[32];
    if (fstat(fd, &status) < 0)
        return -errno;
    if (!S_ISREG(status.st_mode))
        return -ENOEXEC;
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    /* O_NONBLOCK: somebody may have a lease on the file (fcntl(2), F_SETLEASE). */
    return descriptors_open(link, O_RDONLY | O_NOCTTY | O_NONBLOCK);
}

int file_open(const char *path)
{
    return open_regular(descriptors_open(path, O_PATH));
}

int file_open_named(int root, const char *path)
{
    /* O_PATH goes with few other flags; openat2(2) refuses the rest. */
    struct open_how how = {
        .flags = O_PATH | O_CLOEXEC,
        .resolve = RESOLVE_NO_MAGICLINKS | (root >= 0 ? RESOLVE_IN_ROOT : 0),
    };
    int fd = descriptors_open_how(root >= 0 ? root : AT_FDCWD, path, &how);
    return root < 0 && (fd == -ENOSYS || fd == -EPERM) ? file_open(path) : open_regular(fd);
}
