/* SPDX-License-Identifier: MIT */
#include "tp/ctf/ctf_metadata_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tp/ctf/ctf_packet.h"
#include "util/cleanup.h"
#include "util/descriptors.h"

/* Readers do not open files whose names begin with a dot. */
static const char new_name[] = ".metadata.new";

static int put_whole(int fd, const char *text, size_t n, uint64_t offset)
{
    while (n) {
        ssize_t written = pwrite(fd, text, n, (off_t)offset);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return written < 0 ? -errno : -ENOSPC;
        text += written;
        offset += (uint64_t)written;
        n -= (size_t)written;
    }
    return 0;
}

/* Appends text that does not extend over the end of a page: it is written in one piece. */
static int append_in_page(struct ctf_metadata_file *file, const char *text, size_t n)
{
    int rc = put_whole(file->fd, text, n, file->size);
    if (rc == 0)
        file->size += n;
    else if (ftruncate(file->fd, (off_t)file->size) < 0)
        rc = -errno;
    return rc;
}

int ctf_metadata_append(struct ctf_metadata_file *file, const char *text, size_t n)
{
    size_t room = CTF_PAGE - file->size % CTF_PAGE;
    if (n > CTF_PAGE)
        return -E2BIG;
    if (n > room) {
        char blank[CTF_PAGE];
        memset(blank, '\n', room);
        int rc = append_in_page(file, blank, room);
        if (rc < 0)
            return rc;
    }
    return append_in_page(file, text, n);
}

int ctf_metadata_replace(struct ctf_metadata_file *file, const char *text, size_t n)
{
    struct open_how how = {
        .flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
        .mode = 0660, /* as LTTng's */
    };
    unlinkat(file->directory, new_name, 0);
    cleanup(cleanup_fd) int fd = descriptors_open_how(file->directory, new_name, &how);
    if (fd < 0)
        return fd;
    int rc = put_whole(fd, text, n, 0);
    if (rc == 0 && renameat(file->directory, new_name, file->directory, "metadata") < 0)
        rc = -errno;
    if (rc < 0) {
        unlinkat(file->directory, new_name, 0);
        return rc;
    }
    if (file->fd >= 0)
        close(file->fd);
    file->fd = take_fd(&fd);
    file->size = n;
    return 0;
}
