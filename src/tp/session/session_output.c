/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tp/session/session_internal.h"
#include "util/cleanup.h"
#include "util/log.h"
#include "util/text.h"

enum { SAME_SECOND_MAX = 1000, PROGRAM_NAME_MAX = 64 };

char *output_name(const char *program)
{
    char safe[PROGRAM_NAME_MAX + 1], when[32];
    const char *slash = program ? strrchr(program, '/') : NULL;
    const char *base = slash ? slash + 1 : program ? program : "";
    size_t n = strnlen(base, PROGRAM_NAME_MAX);
    for (size_t i = 0; i < n; i++) {
        char c = base[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     strchr("._+-", c);
        safe[i] = plain ? c : '_';
    }
    safe[n] = '\0';
    time_t now = time(NULL);
    struct tm local;
    if (!localtime_r(&now, &local) || !strftime(when, sizeof(when), "%Y%m%d-%H%M%S", &local))
        return NULL;
    return text_format("ptrace_tracer-%s-%s", n ? safe : "process", when);
}

/* 1: the directory is empty. 0: it is not. Negative errno: it cannot be read. */
static int is_empty(const char *path)
{
    cleanup(cleanup_dir) DIR *dir = opendir(path);
    if (!dir)
        return -errno;
    const struct dirent *entry;
    while ((entry = readdir(dir)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            return 0;
    return 1;
}

/* The session that records in the directory: its name, or "" if there is none. Other daemons have
   other sessions. */
static void recording_session(const char *path, char *name, size_t size)
{
    cleanup(cleanup_free) struct lttng_session *sessions = NULL;
    int n = lttng_list_sessions(&sessions);
    size_t length = strlen(path);
    *name = '\0';
    for (int i = 0; i < n && !*name; i++)
        if (strncmp(sessions[i].path, path, length) == 0 &&
            (!sessions[i].path[length] || sessions[i].path[length] == '/'))
            snprintf(name, size, "%s", sessions[i].name);
}

/* Makes the directory ours for as long as the session exists: flock(2). */
static int lock_output(struct output *output, const char *wanted, struct error *err)
{
    output->fd = open(output->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (output->fd < 0)
        return error_set(err, -errno, "cannot use output directory %s: %s", wanted,
                         strerror(errno));
    /* Not every file system has locks. */
    if (flock(output->fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
        return error_set(err, -EBUSY, "output directory %s is in use by another tracer", wanted);
    return 0;
}

static int refuse_full(const struct output *output, const char *wanted, struct error *err)
{
    struct error ignored;
    bool is_ours = old_trace_check(output->fd, wanted, &ignored) == 0;
    return error_set(err, -ENOTEMPTY, "output directory %s is not empty%s", wanted,
                     is_ours ? ": --force removes the trace in it"
                             : "; --force removes only a trace of ptrace_tracer, and that is not "
                               "what is in it");
}

static int remove_old_trace(const struct output *output, const char *wanted, struct error *err)
{
    char session[NAME_MAX];
    recording_session(output->path, session, sizeof(session));
    if (*session)
        return error_set(err, -EBUSY,
                         "--force leaves %s as it is: session %s records there (lttng destroy %s "
                         "ends it)",
                         wanted, session, session);
    return old_trace_remove(output->fd, wanted, err);
}

static int use_wanted(struct output *output, const char *wanted, bool force, struct error *err)
{
    if (mkdir(wanted, 0777) == 0)
        output->made = true;
    else if (errno != EEXIST)
        return error_set(err, -errno, "cannot make output directory %s: %s", wanted,
                         strerror(errno));
    output->path = realpath(wanted, NULL);
    if (!output->path)
        return error_set(err, -errno, "cannot use output directory %s: %s", wanted,
                         strerror(errno));
    int rc = lock_output(output, wanted, err);
    if (rc < 0)
        return rc;
    int empty = is_empty(output->path);
    if (empty < 0)
        return error_set(err, empty, "cannot use output directory %s: %s", wanted,
                         strerror(-empty));
    if (access(output->path, W_OK | X_OK) < 0)
        return error_set(err, -errno, "cannot write to output directory %s: %s", wanted,
                         strerror(errno));
    if (!empty)
        return force ? remove_old_trace(output, wanted, err) : refuse_full(output, wanted, err);
    return 0;
}

static int make_named(struct output *output, const char *program, struct error *err)
{
    cleanup(cleanup_free) char *name = output_name(program);
    char path[PATH_MAX];
    if (!name)
        return error_set(err, -ENOMEM, "out of memory");
    for (int i = 1; i <= SAME_SECOND_MAX; i++) {
        int n = i == 1 ? snprintf(path, sizeof(path), "%s", name)
                       : snprintf(path, sizeof(path), "%s-%d", name, i);
        if (n < 0 || (size_t)n >= sizeof(path))
            break;
        if (mkdir(path, 0777) == 0) {
            output->made = output->is_default = true;
            output->path = realpath(path, NULL);
            if (output->path)
                return 0;
            return error_set(err, -errno, "cannot use %s: %s", path, strerror(errno));
        }
        if (errno != EEXIST)
            break;
    }
    return error_set(err, -errno,
                     "cannot make directory %s for the trace: %s (-o DIR takes another place)",
                     name, strerror(errno));
}

int output_make(struct output *output, const char *wanted, bool force, const char *program,
                struct error *err)
{
    *output = (struct output){.fd = -1};
    int rc = wanted ? use_wanted(output, wanted, force, err) : make_named(output, program, err);
    if (rc < 0) {
        if (!output->path && output->made && wanted)
            rmdir(wanted);
        output_unmake(output);
        output_free(output);
    }
    return rc;
}

void output_unmake(struct output *output)
{
    if (output->made && output->path)
        rmdir(output->path);
    output->made = false;
}

bool output_remove_empty(struct output *output)
{
    struct error err;
    if (!output->made || !output->is_default || !output->path)
        return false;
    cleanup(cleanup_fd) int fd =
        open(output->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return false;
    if (old_trace_remove(fd, output->path, &err) == 0)
        return rmdir(output->path) == 0;
    log_debug("the empty trace in %s stays: %s", output->path, err.text);
    return false;
}

void output_free(struct output *output)
{
    if (output->fd >= 0)
        close(output->fd);
    output->fd = -1;
    free(output->path);
    output->path = NULL;
}
