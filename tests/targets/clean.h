/* SPDX-License-Identifier: MIT */
/* A check for an untraced child process: the code it inherited equals the program's file. */
#ifndef CLEAN_H
#define CLEAN_H

#include <fcntl.h>
#include <string.h>

#include "target.h"

static inline int clean_tracer(void)
{
    char line[256];
    int tracer = -1;
    FILE *status = fopen("/proc/self/status", "re");
    check(status != NULL, "/proc/self/status");
    while (fgets(line, sizeof(line), status))
        if (sscanf(line, "TracerPid: %d", &tracer) == 1)
            break;
    fclose(status);
    return tracer;
}

static inline void check_clean_map(const char *path, unsigned long start, unsigned long end,
                                   unsigned long offset)
{
    static char file[1 << 16];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    check(fd >= 0, "open the program");
    for (unsigned long at = start; at < end; at += sizeof(file)) {
        size_t size = end - at < sizeof(file) ? end - at : sizeof(file);
        memset(file, 0, size);
        check(pread(fd, file, size, (off_t)(offset + at - start)) > 0, "read the program");
        check(memcmp(file, (const void *)at, size) == 0, "the child's code is the file's");
    }
    close(fd);
}

/* Does nothing while the child is traced. */
static inline void check_clean(void)
{
    char line[4096], path[4096];
    unsigned long start, end, offset;
    char execute;
    int n = 0;
    if (clean_tracer() != 0)
        return;
    FILE *maps = fopen("/proc/self/maps", "re");
    check(maps != NULL, "/proc/self/maps");
    while (fgets(line, sizeof(line), maps)) {
        if (sscanf(line, "%lx-%lx %*c%*c%c%*c %lx %*s %*s %4095s", &start, &end, &execute, &offset,
                   path) != 5)
            continue;
        if (execute != 'x' || path[0] != '/')
            continue;
        check_clean_map(path, start, end, offset);
        n++;
    }
    fclose(maps);
    check(n > 0, "code that is mapped from files");
}

#endif
