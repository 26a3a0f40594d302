/* SPDX-License-Identifier: MIT */
#include "ptrace/os/proc_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/descriptors.h"

enum { STAT_PROCESSOR = 39 };

/* Reads the beginning of a file as text: its length in bytes, NUL excluded, or a negative errno. */
static ssize_t read_text(const char *path, char *text, size_t size)
{
    cleanup(cleanup_fd) int fd = descriptors_open(path, O_RDONLY);
    if (fd < 0)
        return fd;
    ssize_t n = read(fd, text, size - 1);
    if (n < 0)
        return -errno;
    text[n] = '\0';
    return n;
}

/* What follows the name in the text of a stat file: " STATE PPID..." The name may contain anything,
   also parentheses. */
static const char *text_after_name(const char *text)
{
    const char *end = strrchr(text, ')');
    return end ? end + 1 : NULL;
}

int proc_state(pid_t tid)
{
    char path[64], text[512];
    snprintf(path, sizeof(path), "/proc/%d/stat", tid);
    ssize_t n = read_text(path, text, sizeof(text));
    if (n < 0)
        return n == -ENOENT ? -ESRCH : (int)n;
    const char *at = text_after_name(text);
    return at && at[0] == ' ' ? at[1] : -EIO;
}

int proc_stat_open(pid_t pid, pid_t tid)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", pid, tid);
    return descriptors_open(path, O_RDONLY);
}

int proc_stat_cpu(int fd)
{
    char text[1024];
    ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
    if (n <= 0)
        return -1;
    text[n] = '\0';
    const char *at = text_after_name(text);
    for (int field = 3; at && field < STAT_PROCESSOR; field++)
        at = strchr(at + 1, ' ');
    return at ? atoi(at + 1) : -1;
}

int proc_schedstat_open(pid_t pid, pid_t tid)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/task/%d/schedstat", pid, tid);
    return descriptors_open(path, O_RDONLY);
}

int proc_schedstat_run_ns(int fd, uint64_t *ns)
{
    char text[96];
    ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
    if (n < 0)
        return -errno;
    text[n] = '\0';
    *ns = strtoull(text, NULL, 10);
    return *ns ? 0 : -ENODATA; /* a kernel that is told not to count writes "0 0 0" */
}

uint64_t proc_run_time_ns(pid_t pid, pid_t tid)
{
    uint64_t ns = 0;
    cleanup(cleanup_fd) int fd = proc_schedstat_open(pid, tid);
    return fd >= 0 && proc_schedstat_run_ns(fd, &ns) == 0 ? ns : 0;
}

void proc_read_name(pid_t pid, pid_t tid, char *name, size_t size)
{
    char path[64], text[64];
    snprintf(path, sizeof(path), "/proc/%d/task/%d/comm", pid, tid);
    if (read_text(path, text, size < sizeof(text) ? size : sizeof(text)) <= 0)
        return;
    text[strcspn(text, "\n")] = '\0';
    memcpy(name, text, strlen(text) + 1);
}

int proc_has_program(pid_t pid)
{
    char path[64], program[16];
    snprintf(path, sizeof(path), "/proc/%d/exe", pid);
    ssize_t n = readlink(path, program, sizeof(program));
    return n > 0 ? 1 : n < 0 && errno != ENOENT ? -errno : 0;
}

int proc_auxiliary(pid_t pid, unsigned long type, uint64_t *value)
{
    struct {
        uint64_t type, value;
    } entry;
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/auxv", pid);
    cleanup(cleanup_fd) int fd = descriptors_open(path, O_RDONLY);
    if (fd < 0)
        return fd;
    while (read(fd, &entry, sizeof(entry)) == (ssize_t)sizeof(entry)) {
        *value = entry.value;
        if (entry.type == type)
            return 0;
    }
    return -ENOENT;
}

int proc_limit(pid_t pid, const char *name, uint64_t *soft)
{
    char path[64], text[4096];
    snprintf(path, sizeof(path), "/proc/%d/limits", pid);
    ssize_t n = read_text(path, text, sizeof(text));
    if (n < 0)
        return n == -ENOENT ? -ESRCH : (int)n;
    /* NAME, spaces, SOFT, spaces, HARD: names have spaces, too. */
    const char *line = text;
    while ((line = strchr(line, '\n')) && (strncmp(line + 1, name, strlen(name)) != 0 ||
                                           strncmp(line + 1 + strlen(name), "  ", 2) != 0))
        line++;
    if (!line)
        return -ENODATA;
    const char *value = line + 1 + strlen(name);
    value += strspn(value, " ");
    *soft = strncmp(value, "unlimited", strlen("unlimited")) == 0 ? UINT64_MAX
                                                                  : strtoull(value, NULL, 10);
    return 0;
}

int proc_number(const char *path, long *number)
{
    char text[64], *end;
    ssize_t n = read_text(path, text, sizeof(text));
    if (n < 0)
        return (int)n;
    *number = strtol(text, &end, 10);
    return end == text ? -EIO : 0;
}
