/* SPDX-License-Identifier: MIT */
#include "ptrace/os/proc_status.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/addr.h"
#include "util/cleanup.h"
#include "util/descriptors.h"

/* What stands behind "NAME:", as far as it fits. 0, or as proc_status_set(). */
static int read_value(pid_t tid, const char *name, char value[256])
{
    char path[64], line[256];
    size_t n = strlen(name);
    snprintf(path, sizeof(path), "/proc/%d/status", tid);
    cleanup(cleanup_file) FILE *status = descriptors_file(path);
    if (!status)
        return errno == ENOENT ? -ESRCH : -errno;
    errno = 0;
    while (fgets(line, sizeof(line), status)) {
        if (strncmp(line, name, n) != 0 || line[n] != ':')
            continue;
        memcpy(value, line + n + 1, sizeof(line) - n - 1);
        return 0;
    }
    if (ferror(status))
        return errno ? -errno : -EIO;
    return -ENODATA;
}

long proc_status_number(pid_t tid, const char *name)
{
    char value[256];
    return read_value(tid, name, value) == 0 ? strtol(value, NULL, 10) : -1;
}

long proc_status_last_number(pid_t tid, const char *name)
{
    char value[256];
    const char *last = read_value(tid, name, value) == 0 ? strrchr(value, '\t') : NULL;
    return last ? strtol(last, NULL, 10) : -1;
}

int proc_status_set(pid_t tid, const char *name, uint64_t *set)
{
    char value[256];
    int r = read_value(tid, name, value);
    *set = r == 0 ? strtoull(value, NULL, 16) : 0;
    return r;
}

int proc_state(pid_t tid)
{
    char path[64], text[512];
    snprintf(path, sizeof(path), "/proc/%d/stat", tid);
    cleanup(cleanup_fd) int fd = descriptors_open(path, O_RDONLY);
    if (fd < 0)
        return fd == -ENOENT ? -ESRCH : fd;
    ssize_t n = read(fd, text, sizeof(text) - 1);
    if (n < 0)
        return -errno;
    text[n] = '\0';
    /* The name in front of it may hold anything, parentheses too. */
    const char *end = strrchr(text, ')');
    return end && end[1] == ' ' ? end[2] : -EIO;
}

static void look_at_line(struct proc_look *look, const char *line)
{
    if (strncmp(line, "State:\t", 7) == 0)
        look->state = line[7];
    else if (strncmp(line, "SigPnd:\t", 8) == 0 || strncmp(line, "ShdPnd:\t", 8) == 0)
        look->pending |= strtoull(line + 8, NULL, 16);
}

struct proc_look proc_look_at(pid_t tid)
{
    struct proc_look look = {.state = 'X'};
    char path[64], text[1024], line[64];
    size_t length = 0;
    ssize_t n;
    snprintf(path, sizeof(path), "/proc/%d/status", tid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && (n = read(fd, text, sizeof(text))) > 0) {
        for (ssize_t i = 0; i < n; i++) {
            if (text[i] != '\n') {
                line[length] = text[i];
                length += length < sizeof(line) - 1;
                continue;
            }
            line[length] = '\0';
            length = 0;
            look_at_line(&look, line);
        }
    }
    if (fd >= 0)
        close(fd);
    else if (errno != ENOENT && errno != ESRCH)
        look.state = '?';
    return look;
}

bool proc_is_own_child(pid_t pid)
{
    /* What cannot be told may be. */
    long parent = proc_status_number(pid, "PPid");
    return parent < 0 || parent == getpid();
}
