/* SPDX-License-Identifier: MIT */
#include "util/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util/cleanup.h"

enum {
    RESERVED = 16,
    ENOUGH = 1 << 20, /* the default of fs.nr_open; libraries have tables of this size */
    TRIES_MAX = 16,   /* another thread may lower the limit again in between */
    NEW_FILE_MODE = 0666,
};

/* The soft limit that keeps the reserve. */
static rlim_t ordinary(rlim_t hard)
{
    rlim_t most = hard < ENOUGH ? hard : ENOUGH;
    return most >= 4 * RESERVED ? most - RESERVED : most / 2;
}

static void set_soft(rlim_t soft)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    limit.rlim_cur = soft;
    setrlimit(RLIMIT_NOFILE, &limit);
}

void descriptors_raise(struct rlimit *before)
{
    *before = (struct rlimit){0};
    if (getrlimit(RLIMIT_NOFILE, before) == 0)
        set_soft(ordinary(before->rlim_max));
}

void descriptors_restore(const struct rlimit *before)
{
    if (before->rlim_max)
        setrlimit(RLIMIT_NOFILE, before);
}

rlim_t descriptors_use_all(void)
{
    struct rlimit limit, before;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return 0;
    limit.rlim_cur = limit.rlim_max;
    return prlimit(0, RLIMIT_NOFILE, &limit, &before) < 0 ? 0 : before.rlim_cur;
}

void descriptors_hold_back(rlim_t soft)
{
    struct rlimit limit;
    /* If the soft limit was the hard limit already, another thread is using the reserve and will
       lower the limit. */
    if (soft && getrlimit(RLIMIT_NOFILE, &limit) == 0 && soft < limit.rlim_max)
        set_soft(soft);
}

/* A file to open: by openat2(2) with `how`, otherwise by open(2). */
struct open_request {
    int directory;
    const char *path;
    int flags;
    const struct open_how *how;
};

static int try_open(const struct open_request *what)
{
    long fd = what->how
                  ? syscall(SYS_openat2, what->directory, what->path, what->how, sizeof(*what->how))
                  : open(what->path, what->flags | O_CLOEXEC, NEW_FILE_MODE);
    return fd < 0 ? -errno : (int)fd;
}

static int open_with_reserve(const struct open_request *what)
{
    int fd = try_open(what);
    for (int i = 0; fd == -EMFILE && i < TRIES_MAX; i++) {
        rlim_t soft = descriptors_use_all();
        fd = try_open(what);
        descriptors_hold_back(soft);
    }
    return fd;
}

int descriptors_open(const char *path, int flags)
{
    return open_with_reserve(&(struct open_request){.path = path, .flags = flags});
}

int descriptors_open_how(int directory, const char *path, const struct open_how *how)
{
    return open_with_reserve(
        &(struct open_request){.directory = directory, .path = path, .how = how});
}

FILE *descriptors_file(const char *path)
{
    cleanup(cleanup_fd) int fd = descriptors_open(path, O_RDONLY);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
    if (file)
        take_fd(&fd);
    else if (fd < 0)
        errno = -fd;
    return file;
}

DIR *descriptors_directory(const char *path)
{
    cleanup(cleanup_fd) int fd = descriptors_open(path, O_RDONLY | O_DIRECTORY);
    DIR *directory = fd < 0 ? NULL : fdopendir(fd);
    if (directory)
        take_fd(&fd);
    else if (fd < 0)
        errno = -fd;
    return directory;
}

bool descriptors_out(int code)
{
    return code == -EMFILE || code == -ENFILE || code == -ENOMEM;
}

bool descriptors_may_keep(int fd)
{
    struct rlimit limit;
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
           (rlim_t)fd < limit.rlim_cur - limit.rlim_cur / 4;
}
