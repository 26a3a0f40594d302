/* SPDX-License-Identifier: MIT */
/*
 * The root directory of a process that has another than ours (chroot(2), pivot_root(2),
 * containers): where its files lie, and what their names are to it.
 */
#ifndef SYMBOLS_ELF_PROCESS_ROOT_H
#define SYMBOLS_ELF_PROCESS_ROOT_H

#include <limits.h>
#include <sys/types.h>

#include "util/error.h"

struct process_root {
    int fd;              /* O_PATH; -1: the process's root is ours, or cannot be told */
    char path[PATH_MAX]; /* what its name is to us, without a slash at its end: "" for "/" */
};

/* The root of the process as it is now. Lasts though the process ends. */
void process_root_open(struct process_root *root, pid_t pid);
void process_root_close(struct process_root *root);

/*
 * What the process calls the file that /proc/PID/maps, read by us, calls `path`: proc(5) shows
 * names as the reader sees them. Part of `path`.
 */
const char *process_root_path(const struct process_root *root, const char *path);

#endif
