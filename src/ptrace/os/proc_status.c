/* SPDX-License-Identifier: MIT */
#include "ptrace/os/proc_status.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/descriptors.h"

/* Longer lines are cut. */
enum { LINE_MAX_BYTES = 256 };

/* Calls take(data, line) for each line of the file, without its newline, until that returns false.
   Allocates nothing. 0 or a negative errno. */
static int each_line(int fd, bool (*take)(void *data, const char *line), void *data)
{
    char text[1024], line[LINE_MAX_BYTES];
    size_t length = 0;
    ssize_t n;
    while ((n = read(fd, text, sizeof(text))) > 0)
        for (ssize_t i = 0; i < n; i++) {
            if (text[i] != '\n') {
                line[length] = text[i];
                length += length < sizeof(line) - 1;
                continue;
            }
            line[length] = '\0';
            length = 0;
            if (!take(data, line))
                return 0;
        }
    return n < 0 ? -errno : 0;
}

static void status_path(char path[64], pid_t tid)
{
    snprintf(path, 64, "/proc/%d/status", tid);
}

static int open_status(pid_t tid)
{
    char path[64];
    status_path(path, tid);
    int fd = descriptors_open(path, O_RDONLY);
    return fd == -ENOENT ? -ESRCH : fd;
}

/* What follows "NAME:", or NULL if it is another line. */
static const char *status_value(const char *line, const char *name)
{
    size_t n = strlen(name);
    return strncmp(line, name, n) == 0 && line[n] == ':' ? line + n + 1 : NULL;
}

/* ---- one line */

struct wanted_line {
    const char *name;
    bool found;
    char value[LINE_MAX_BYTES];
};

static bool take_wanted(void *data, const char *line)
{
    struct wanted_line *wanted = data;
    const char *value = status_value(line, wanted->name);
    if (value)
        memcpy(wanted->value, value, strlen(value) + 1);
    wanted->found = value;
    return !wanted->found;
}

/* 0, or as proc_status_set(). */
static int read_value(pid_t tid, struct wanted_line *wanted)
{
    cleanup(cleanup_fd) int fd = open_status(tid);
    int r = fd < 0 ? fd : each_line(fd, take_wanted, wanted);
    return r < 0 || wanted->found ? r : -ENODATA;
}

long proc_status_number(pid_t tid, const char *name)
{
    struct wanted_line wanted = {.name = name};
    return read_value(tid, &wanted) == 0 ? strtol(wanted.value, NULL, 10) : -1;
}

long proc_status_last_number(pid_t tid, const char *name)
{
    struct wanted_line wanted = {.name = name};
    const char *last = read_value(tid, &wanted) == 0 ? strrchr(wanted.value, '\t') : NULL;
    return last ? strtol(last, NULL, 10) : -1;
}

int proc_status_set(pid_t tid, const char *name, uint64_t *set)
{
    struct wanted_line wanted = {.name = name};
    int r = read_value(tid, &wanted);
    *set = r == 0 ? strtoull(wanted.value, NULL, 16) : 0;
    return r;
}

/* ---- several lines */

static bool take_line(void *data, const char *line)
{
    struct proc_status *status = data;
    const char *value;
    if ((value = status_value(line, "Name")))
        snprintf(status->name, sizeof(status->name), "%s", value + strspn(value, " \t"));
    else if ((value = status_value(line, "State")))
        status->state = value[strspn(value, " \t")];
    else if ((value = status_value(line, "Tgid")))
        status->group = (pid_t)strtol(value, NULL, 10);
    else if ((value = status_value(line, "TracerPid")))
        status->tracer = (pid_t)strtol(value, NULL, 10);
    else if ((value = status_value(line, "Threads")))
        status->threads = (unsigned)strtoul(value, NULL, 10);
    else if ((value = status_value(line, "Uid")))
        status->uid = (uid_t)strtoul(value, NULL, 10);
    else if ((value = status_value(line, "SigPnd")) || (value = status_value(line, "ShdPnd")))
        status->pending |= strtoull(value, NULL, 16);
    else if (status_value(line, "VmSize"))
        status->has_memory = true;
    return true;
}

int proc_status_read(pid_t pid, struct proc_status *status)
{
    *status = (struct proc_status){0};
    cleanup(cleanup_fd) int fd = open_status(pid);
    if (fd < 0)
        return fd;
    int r = each_line(fd, take_line, status);
    return status->group ? 0 : r < 0 ? r : -ESRCH;
}

struct proc_status proc_status_look(pid_t tid)
{
    struct proc_status status = {.state = 'X'};
    char path[64];
    status_path(path, tid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        each_line(fd, take_line, &status);
        close(fd);
    } else if (errno != ENOENT && errno != ESRCH) {
        status.state = '?';
    }
    return status;
}

bool proc_is_own_child(pid_t pid)
{
    /* If it cannot be read, it may be one. */
    long parent = proc_status_number(pid, "PPid");
    return parent < 0 || parent == getpid();
}
