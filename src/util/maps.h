/* SPDX-License-Identifier: MIT */
/* Parser for /proc/PID/maps (proc(5)). maps_parse() accepts any bytes. */
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
    uint64_t offset;   /* of `start`, in the file */
    uint32_t major, minor;
    uint64_t inode; /* 0: not a file */
    bool read, write, execute, shared;
    bool deleted;     /* the path ended in " (deleted)", which was removed */
    const char *path; /* "" if there is none; octal escapes replaced; owned by struct maps */
};

struct maps {
    VEC(struct map) list; /* ascending, not overlapping */
    char *text;           /* the paths point into it */
};

/* Parses `length` bytes (without NUL). -EINVAL: a line is not valid, or the mappings are not
   ascending; -ENOMEM. Call maps_free() after a failure, too. */
MUST_CHECK int maps_parse(struct maps *maps, const char *text, size_t length);
/* Reads and parses /proc/PID/maps. */
MUST_CHECK int maps_read(struct maps *maps, pid_t pid);
void maps_free(struct maps *maps);
/*
 * Removes " (deleted)" from the length of the path and returns true, if it ends in it. The kernel
 * appends this to the path of a deleted file (d_path(), in fs/d_path.c), of memfds and of System V
 * segments. A file with such a name counts as deleted, too, which is harmless: it is opened through
 * the process.
 */
bool maps_strip_deleted(const char *path, size_t *length);
/* The mapping that contains the address, or NULL. */
const struct map *maps_find(const struct maps *maps, target_addr at);

#endif
