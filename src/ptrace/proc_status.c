#include "ptrace/proc_status.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/descriptors.h"

/* What stands behind "NAME:", as far as it fits. */
static bool read_value(pid_t tid, const char *name, char value[256])
{
    char path[64], line[256];
    size_t n = strlen(name);
    snprintf(path, sizeof(path), "/proc/%d/status", tid);
    cleanup(cleanup_file) FILE *status = descriptors_file(path);
    while (status && fgets(line, sizeof(line), status)) {
        if (strncmp(line, name, n) != 0 || line[n] != ':')
            continue;
        memcpy(value, line + n + 1, sizeof(line) - n - 1);
        return true;
    }
    return false;
}

long proc_status_number(pid_t tid, const char *name)
{
    char value[256];
    return read_value(tid, name, value) ? strtol(value, NULL, 10) : -1;
}

long proc_status_last_number(pid_t tid, const char *name)
{
    char value[256];
    const char *last = read_value(tid, name, value) ? strrchr(value, '\t') : NULL;
    return last ? strtol(last, NULL, 10) : -1;
}

uint64_t proc_status_set(pid_t tid, const char *name)
{
    char value[256];
    return read_value(tid, name, value) ? strtoull(value, NULL, 16) : 0;
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
