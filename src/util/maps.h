/* SPDX-License-Identifier: MIT */
/*
 * /proc/PID/maps as data (proc(5)). parse works on a buffer, so it can be fed anything.
 */
#ifndef UTIL_MAPS_H
#define UTIL_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/addr.h"
#include "util/error.h"
#include "util/vec.h"

struct map {
    target_addr start; /* inclusive */
    target_addr end;   /* exclusive */
    uint64_t offset;   /* of start, in the file */
    uint32_t major, minor;
    uint64_t inode; /* 0: no file */
    bool read, write, execute, shared;
    bool deleted;     /* the path ended in " (deleted)", which is taken off */
    const char *path; /* "" when there is none; octal escapes undone; owned by struct maps */
};

struct maps {
    VEC(struct map) list; /* ascending, not overlapping: other lines are refused */
    char *text;           /* what the paths point into */
};

/* Parses `length` bytes (NUL not needed). -EINVAL when a line is no maps line. Free with maps_free
   also after a failure. */
MUST_CHECK int maps_parse(struct maps *maps, const char *text, size_t length);
/* Reads and parses /proc/PID/maps. */
MUST_CHECK int maps_read(struct maps *maps, pid_t pid);
void maps_free(struct maps *maps);
/*
 * Takes the mark that the kernel puts behind the path of a file that was deleted (d_path(), in
 * fs/d_path.c) off the length. Whether it was there. memfds and SysV segments carry it as well; so
 * does a file really named like that, which then counts as deleted: it is opened by way of the
 * process anyway.
 */
bool maps_strip_deleted(const char *path, size_t *length);
/* The mapping that holds the address, or NULL. */
const struct map *maps_find(const struct maps *maps, target_addr at);

#endif
