/* SPDX-License-Identifier: MIT */
/*
 * Which tracers use a session, and whether the session is started for them: kept by a lock file
 * beside the daemon's sockets, where all meet who use that daemon, also under sudo. All locks are
 * of open file descriptions (fcntl_locking(2)), and so end with the process, however that ends. The
 * file's name is made of the session's identity; its first byte is locked while the session is
 * chosen, started or left, its second byte for as long as the session is used. The file's size
 * is odd while the session is started by a tracer, and half of it is how often tracers have started
 * it: that takes no room on a full disk.
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
    DECISION_BYTE = 0,
    USE_BYTE = 1,
    /* For another tracer to decide: it asks the daemon meanwhile. */
    DECISION_TIMEOUT_MS = 5000,
    DECISION_RETRY_NS = 5000000,
};

static const char ROOT_DIRECTORY[] = "/var/run/lttng";

static int lock_byte(int fd, off_t byte, short type)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
    return fcntl(fd, F_OFD_SETLK, &lock) < 0 ? -errno : 0;
}

/* By another open file description than this one. */
static bool byte_is_locked(int fd, off_t byte)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
    return fcntl(fd, F_OFD_GETLK, &lock) < 0 || lock.l_type != F_UNLCK;
}

static int lock_decision(int fd)
{
    const struct timespec pause = {.tv_nsec = DECISION_RETRY_NS};
    int64_t until = clock_ms() + DECISION_TIMEOUT_MS;
    int rc;
    while ((rc = lock_byte(fd, DECISION_BYTE, F_WRLCK)) == -EAGAIN && clock_ms() < until)
        nanosleep(&pause, NULL);
    return rc;
}

/* Where the daemon has its sockets, as liblttng-ctl finds it. NULL when memory is out. The caller
   frees. */
static char *daemon_directory(void)
{
    if (geteuid() == 0 || access("/var/run/lttng/client-lttng-sessiond", W_OK) == 0)
        return strdup(ROOT_DIRECTORY);
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

/* Removes the files that killed tracers have left. Who has opened one meanwhile sees that it has no
   name any more. */
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
        if (fd >= 0 && lock_byte(fd, DECISION_BYTE, F_WRLCK) == 0 && !byte_is_locked(fd, USE_BYTE))
            unlinkat(dirfd(dir), entry->d_name, 0);
    }
}

/* Its file with the first byte locked, and with that name still; negative: why there is none. */
static int open_for_decision(const char *path)
{
    for (;;) {
        struct stat status;
        cleanup(cleanup_fd) int fd = open_lock(path);
        if (fd < 0)
            return fd;
        int rc = lock_decision(fd);
        if (rc < 0)
            return rc;
        if (fstat(fd, &status) < 0)
            return -errno;
        if (status.st_nlink > 0)
            return take_fd(&fd);
    }
}

static char *lock_path(const struct session *session, const char *directory)
{
    char created[32];
    snprintf(created, sizeof(created), "%" PRIu64, session->created);
    uint64_t key = text_hash(text_hash(TEXT_HASH_START, session->name), "\n");
    key = text_hash(text_hash(text_hash(key, created), "\n"),
                    session->path[0] == '/' ? session->path : "");
    return text_format("%s/" LOCK_PREFIX "%016" PRIx64 LOCK_SUFFIX, directory, key);
}

bool session_use_begin(struct session *session)
{
    cleanup(cleanup_free) char *directory = daemon_directory();
    cleanup(cleanup_free) char *path = directory ? lock_path(session, directory) : NULL;
    if (!path)
        return false;
    remove_unused(directory);
    int fd = open_for_decision(path);
    if (fd >= 0 && !byte_is_locked(fd, USE_BYTE) && ftruncate(fd, 0) < 0)
        log_debug("cannot empty %s: %s", path, strerror(errno));
    int rc = fd >= 0 ? lock_byte(fd, USE_BYTE, F_RDLCK) : fd;
    if (rc < 0) {
        log_debug("what other tracers do in session %s is not known: %s: %s", session->name, path,
                  strerror(-rc));
        if (fd >= 0)
            close(fd);
        return false;
    }
    session->use_path = take_ptr(path);
    session->use_fd = fd;
    return true;
}

bool session_use_decide(struct session *session)
{
    return session->use_fd < 0 || lock_decision(session->use_fd) == 0;
}

void session_use_decided(struct session *session)
{
    if (session->use_fd >= 0)
        (void)lock_byte(session->use_fd, DECISION_BYTE, F_UNLCK);
}

bool session_use_is_shared(const struct session *session)
{
    return session->use_fd >= 0 && byte_is_locked(session->use_fd, USE_BYTE);
}

static off_t lock_size(const struct session *session)
{
    struct stat status;
    return session->use_fd >= 0 && fstat(session->use_fd, &status) == 0 ? status.st_size : 0;
}

bool session_use_is_started(const struct session *session)
{
    return session->use_fd < 0 ? session->started : lock_size(session) % 2;
}

uint64_t session_use_starts(const struct session *session)
{
    return (uint64_t)lock_size(session) / 2;
}

void session_use_set_started(struct session *session, bool started)
{
    off_t starts = lock_size(session) / 2;
    session->started = started;
    if (session->use_fd >= 0 &&
        ftruncate(session->use_fd, started ? (starts + 1) * 2 + 1 : starts * 2) < 0)
        log_debug("cannot change %s: %s", session->use_path, strerror(errno));
}

void session_use_end(struct session *session)
{
    if (session->use_fd < 0)
        return;
    if (!session_use_is_shared(session))
        unlink(session->use_path);
    close(session->use_fd);
    session->use_fd = -1;
    free(take_ptr(session->use_path));
}
