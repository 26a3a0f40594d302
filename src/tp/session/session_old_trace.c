/* SPDX-License-Identifier: MIT */
/*
 * Removes the trace of an earlier session of the tracer's own from a directory (--force). What is
 * removed has the names, kinds, places and owner that such a trace has: all of it is looked at
 * first, and again one by one when it is removed. Symbolic links are never followed.
 *
 * The files of streams go first, then their metadata, and ptrace_tracer.json at last: what an
 * interruption leaves is still such a trace.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tp/session/session_internal.h"
#include "util/cleanup.h"

static const char NOTES[] = "ptrace_tracer.json";
static const char METADATA[] = "metadata";

/* Directories of a trace. */
enum trace_place { TOP, UST, UID, BITS, STREAMS, INDEX, NOWHERE, A_FILE };

struct old_trace {
    const char *top; /* as the user has named it */
    uid_t owner;
    dev_t device;
    bool has_notes;
    bool removes; /* else all is only looked at */
};

static bool is_number(const char *text, size_t length)
{
    return length > 0 && length <= 10 && strspn(text, "0123456789") == length;
}

/* "channel0_1": the file of a stream, with `end` behind. */
static bool is_stream(const char *name, const char *end)
{
    static const char start[] = "channel0_";
    size_t length = strlen(name), end_length = strlen(end);
    if (strncmp(name, start, strlen(start)) != 0 || length <= end_length ||
        strcmp(name + length - end_length, end) != 0)
        return false;
    const char *digits = name + strlen(start);
    size_t n = strspn(digits, "0123456789");
    return is_number(digits, n) && strcmp(digits + n, end) == 0;
}

/* What a trace of ours has there under that name: a directory, a file, or nothing. */
static enum trace_place place_below(enum trace_place in, const char *name)
{
    static const char in_process[] = "in-process-";
    switch (in) {
    case TOP:
        if (strncmp(name, in_process, strlen(in_process)) == 0)
            return is_number(name + strlen(in_process), strlen(name + strlen(in_process)))
                       ? STREAMS
                       : NOWHERE;
        return strcmp(name, NOTES) == 0 ? A_FILE : strcmp(name, "ust") == 0 ? UST : NOWHERE;
    case UST:
        return strcmp(name, "uid") == 0 ? UID : NOWHERE;
    case UID:
        return is_number(name, strlen(name)) ? BITS : NOWHERE;
    case BITS:
        return strcmp(name, "64-bit") == 0 ? STREAMS : NOWHERE;
    case STREAMS:
        if (strcmp(name, "index") == 0)
            return INDEX;
        return strcmp(name, METADATA) == 0 || is_stream(name, "") ? A_FILE : NOWHERE;
    case INDEX:
        return is_stream(name, ".idx") ? A_FILE : NOWHERE;
    default:
        return NOWHERE;
    }
}

static bool goes_last(const char *name)
{
    return strcmp(name, NOTES) == 0 || strcmp(name, METADATA) == 0;
}

/* Whether it begins as our notes do: a file of another program may have the name. */
static bool is_notes(int dir)
{
    static const char start[] = "{\"format\": ";
    char text[sizeof(start)] = "";
    cleanup(cleanup_fd) int fd = openat(dir, NOTES, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    return fd >= 0 && read(fd, text, strlen(start)) == (ssize_t)strlen(start) &&
           strcmp(text, start) == 0;
}

static int walk(struct old_trace *trace, int fd, enum trace_place place, const char *path,
                struct error *err);

/* One entry of a directory at `path`. */
static int visit(struct old_trace *trace, int dir, enum trace_place in, const char *path,
                 const char *name, struct error *err)
{
    char below[PATH_MAX];
    struct stat status;
    enum trace_place place = place_below(in, name);
    snprintf(below, sizeof(below), "%s%s%s", path, *path ? "/" : "", name);
    if (fstatat(dir, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
        return error_set(err, -errno, "cannot look at %s in %s: %s", below, trace->top,
                         strerror(errno));
    bool fits = place == A_FILE ? S_ISREG(status.st_mode) : S_ISDIR(status.st_mode);
    if (place == NOWHERE || !fits || status.st_uid != trace->owner ||
        status.st_dev != trace->device || (in == TOP && place == A_FILE && !is_notes(dir)))
        return error_set(err, -ENOTEMPTY,
                         "--force leaves %s as it is: %s in it is not of a trace of ptrace_tracer",
                         trace->top, below);
    trace->has_notes |= in == TOP && place == A_FILE;
    if (place != A_FILE) {
        cleanup(cleanup_fd) int fd =
            openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
            return error_set(err, -errno, "cannot read %s in %s: %s", below, trace->top,
                             strerror(errno));
        int rc = walk(trace, take_fd(&fd), place, below, err);
        if (rc < 0)
            return rc;
    }
    if (trace->removes && unlinkat(dir, name, place == A_FILE ? 0 : AT_REMOVEDIR) < 0)
        return error_set(err, -errno, "cannot remove %s in %s: %s", below, trace->top,
                         strerror(errno));
    return 0;
}

/* Takes `fd`, a directory at `path` below the top. */
static int walk(struct old_trace *trace, int fd, enum trace_place place, const char *path,
                struct error *err)
{
    cleanup(cleanup_dir) DIR *dir = fdopendir(fd);
    if (!dir) {
        int code = -errno;
        close(fd);
        return error_set(err, code, "cannot read %s: %s", trace->top, strerror(-code));
    }
    /* Else the removal would end half-way. */
    if (faccessat(dirfd(dir), ".", W_OK | X_OK, AT_EACCESS) < 0)
        return error_set(err, -errno, "--force leaves %s as it is: cannot write to %s in it: %s",
                         trace->top, *path ? path : ".", strerror(errno));
    bool has_streams = false, has_metadata = place != STREAMS;
    const struct dirent *entry;
    for (int last = 0; last <= 1; last++) {
        rewinddir(dir);
        while ((entry = readdir(dir))) {
            const char *name = entry->d_name;
            if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || goes_last(name) != last)
                continue;
            has_streams |= is_stream(name, "");
            has_metadata |= strcmp(name, METADATA) == 0;
            int rc = visit(trace, dirfd(dir), place, path, name, err);
            if (rc < 0)
                return rc;
        }
    }
    if (has_streams && !has_metadata)
        return error_set(err, -ENOTEMPTY,
                         "--force leaves %s as it is: %s in it has no metadata of a trace",
                         trace->top, path);
    return 0;
}

/* From the start of the directory again. */
static int walk_all(struct old_trace *trace, int dir, struct error *err)
{
    int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return error_set(err, -errno, "cannot read %s: %s", trace->top, strerror(errno));
    return walk(trace, fd, TOP, "", err);
}

int old_trace_check(int dir, const char *path, struct error *err)
{
    struct old_trace trace = {.top = path, .owner = geteuid()};
    struct stat status;
    if (fstat(dir, &status) < 0)
        return error_set(err, -errno, "cannot look at %s: %s", path, strerror(errno));
    if (status.st_uid != trace.owner)
        return error_set(err, -EPERM, "--force leaves %s as it is: it belongs to another user",
                         path);
    trace.device = status.st_dev;
    int rc = walk_all(&trace, dir, err);
    if (rc == 0 && !trace.has_notes)
        rc =
            error_set(err, -ENOTEMPTY,
                      "--force leaves %s as it is: it holds no finished trace of ptrace_tracer (no "
                      "%s)",
                      path, NOTES);
    return rc;
}

int old_trace_remove(int dir, const char *path, struct error *err)
{
    struct old_trace trace = {.top = path, .owner = geteuid(), .removes = true};
    struct stat status;
    int rc = old_trace_check(dir, path, err);
    if (rc < 0)
        return rc;
    if (fstat(dir, &status) < 0)
        return error_set(err, -errno, "cannot look at %s: %s", path, strerror(errno));
    trace.device = status.st_dev;
    return walk_all(&trace, dir, err);
}
