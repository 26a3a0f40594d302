/* SPDX-License-Identifier: MIT */
/*
 * Keeps track of which tracers use a session, and whether one of them has started it, in a lock
 * file. The file is beside the daemon's sockets, which all clients of that daemon know, also under
 * sudo. Its name is a hash of the session's name, creation time and path.
 *
 * All locks are of open file descriptions (F_OFD_SETLK, fcntl_locking(2)), so the kernel releases
 * them when the process ends. The first byte is locked exclusively while a tracer chooses, starts
 * or leaves the session. The second byte has a read lock of each tracer that uses the session. The
 * size of the file is odd while a tracer has the session started, and half of it is how often
 * tracers have started it: the size takes no space on a full disk.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tp/session/session_internal.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/text.h"

#define LOCK_PREFIX "ptrace_tracer-"
#define LOCK_SUFFIX ".lock"

enum {
    LOCK_BYTE = 0,
    USER_BYTE = 1,
    /* For another tracer, which waits for the daemon. */
    LOCK_TIMEOUT_MS = 5000,
    LOCK_RETRY_NS = 5000000,
};

static const char ROOT_RUN_DIRECTORY[] = "/var/run/lttng";

static int lock_byte(int fd, off_t byte, short type)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
    return fcntl(fd, F_OFD_SETLK, &lock) < 0 ? -errno : 0;
}

/* Whether another open file description holds a lock on the byte. */
static bool byte_is_locked(int fd, off_t byte)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
    return fcntl(fd, F_OFD_GETLK, &lock) < 0 || lock.l_type != F_UNLCK;
}

static int lock_first_byte(int fd)
{
    const struct timespec pause = {.tv_nsec = LOCK_RETRY_NS};
    int64_t until = clock_ms() + LOCK_TIMEOUT_MS;
    int rc;
    while ((rc = lock_byte(fd, LOCK_BYTE, F_WRLCK)) == -EAGAIN && clock_ms() < until)
        nanosleep(&pause, NULL);
    return rc;
}

/* The directory of the daemon's sockets, as liblttng-ctl finds it. NULL: out of memory. The caller
   frees. */
static char *daemon_directory(void)
{
    if (geteuid() == 0 || access("/var/run/lttng/client-lttng-sessiond", W_OK) == 0)
        return strdup(ROOT_RUN_DIRECTORY);
    const char *home = getenv("LTTNG_HOME");
    if (!home || !*home)
        home = getenv("HOME");
    return text_format("%s/.lttng", home ? home : "");
}

static int open_lock(const char *path)
{
    struct stat status;
    cleanup(cleanup_fd) int fd =
        open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (fd < 0)
        return -errno;
    if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))
        return -EINVAL;
    return take_fd(&fd);
}

/* Removes the files that killed tracers have left. A tracer that has just opened one sees that its
   link count is 0. */
static void remove_unused(const char *directory)
{
    cleanup(cleanup_dir) DIR *dir = opendir(directory);
    const struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        size_t length = strlen(entry->d_name);
        if (strncmp(entry->d_name, LOCK_PREFIX, strlen(LOCK_PREFIX)) != 0 ||
            length < strlen(LOCK_SUFFIX) ||
            strcmp(entry->d_name + length - strlen(LOCK_SUFFIX), LOCK_SUFFIX) != 0)
            continue;
        cleanup(cleanup_fd) int fd =
            openat(dirfd(dir), entry->d_name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        if (fd >= 0 && lock_byte(fd, LOCK_BYTE, F_WRLCK) == 0 && !byte_is_locked(fd, USER_BYTE))
            unlinkat(dirfd(dir), entry->d_name, 0);
    }
}

/* Opens the file and locks its first byte; the file still has its name then. Negative: -errno. */
static int open_and_lock(const char *path)
{
    for (;;) {
        struct stat status;
        cleanup(cleanup_fd) int fd = open_lock(path);
        if (fd < 0)
            return fd;
        int rc = lock_first_byte(fd);
        if (rc < 0)
            return rc;
        if (fstat(fd, &status) < 0)
            return -errno;
        if (status.st_nlink > 0)
            return take_fd(&fd);
    }
}

static char *lock_file_path(const struct session *session, const char *directory)
{
    char created[32];
    snprintf(created, sizeof(created), "%" PRIu64, session->created);
    uint64_t key = text_hash(text_hash(TEXT_HASH_START, session->name), "\n");
    key = text_hash(text_hash(text_hash(key, created), "\n"),
                    session->path[0] == '/' ? session->path : "");
    return text_format("%s/" LOCK_PREFIX "%016" PRIx64 LOCK_SUFFIX, directory, key);
}

bool session_users_join(struct session *session)
{
    cleanup(cleanup_free) char *directory = daemon_directory();
    cleanup(cleanup_free) char *path = directory ? lock_file_path(session, directory) : NULL;
    if (!path)
        return false;
    remove_unused(directory);
    int fd = open_and_lock(path);
    if (fd >= 0 && !byte_is_locked(fd, USER_BYTE) && ftruncate(fd, 0) < 0)
        log_debug("cannot empty %s: %s", path, strerror(errno));
    int rc = fd >= 0 ? lock_byte(fd, USER_BYTE, F_RDLCK) : fd;
    if (rc < 0) {
        log_debug("what other tracers do in session %s is not known: %s: %s", session->name, path,
                  strerror(-rc));
        if (fd >= 0)
            close(fd);
        return false;
    }
    session->lock_path = take_ptr(path);
    session->lock_fd = fd;
    return true;
}

bool session_users_lock(struct session *session)
{
    return session->lock_fd < 0 || lock_first_byte(session->lock_fd) == 0;
}

void session_users_unlock(struct session *session)
{
    if (session->lock_fd >= 0)
        (void)lock_byte(session->lock_fd, LOCK_BYTE, F_UNLCK);
}

bool session_users_has_others(const struct session *session)
{
    return session->lock_fd >= 0 && byte_is_locked(session->lock_fd, USER_BYTE);
}

static off_t lock_size(const struct session *session)
{
    struct stat status;
    return session->lock_fd >= 0 && fstat(session->lock_fd, &status) == 0 ? status.st_size : 0;
}

bool session_users_has_started(const struct session *session)
{
    return session->lock_fd < 0 ? session->started : lock_size(session) % 2;
}

uint64_t session_users_starts(const struct session *session)
{
    return (uint64_t)lock_size(session) / 2;
}

void session_users_set_started(struct session *session, bool started)
{
    off_t starts = lock_size(session) / 2;
    session->started = started;
    if (session->lock_fd >= 0 &&
        ftruncate(session->lock_fd, started ? (starts + 1) * 2 + 1 : starts * 2) < 0)
        log_debug("cannot change %s: %s", session->lock_path, strerror(errno));
}

void session_users_leave(struct session *session)
{
    if (session->lock_fd < 0)
        return;
    if (!session_users_has_others(session))
        unlink(session->lock_path);
    close(session->lock_fd);
    session->lock_fd = -1;
    free(take_ptr(session->lock_path));
}
