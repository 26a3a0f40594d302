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
 * O_PATH does not open the file (open(2)), so that its type can be checked first: opening a FIFO
 * for reading would wake up a writer. Takes ownership of `found`, a descriptor or a negative errno.
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
    /* O_NONBLOCK: there may be a lease on the file (fcntl(2), F_SETLEASE). */
    return descriptors_open(link, O_RDONLY | O_NOCTTY | O_NONBLOCK);
}

int file_open(const char *path)
{
    return open_regular(descriptors_open(path, O_PATH));
}

int file_open_named(int root, const char *path)
{
    /* openat2(2) allows few flags with O_PATH. */
    struct open_how how = {
        .flags = O_PATH | O_CLOEXEC,
        .resolve = RESOLVE_NO_MAGICLINKS | (root >= 0 ? RESOLVE_IN_ROOT : 0),
    };
    int fd = descriptors_open_how(root >= 0 ? root : AT_FDCWD, path, &how);
    return root < 0 && (fd == -ENOSYS || fd == -EPERM) ? file_open(path) : open_regular(fd);
}
