/* SPDX-License-Identifier: MIT */
/* The root directory of a process, if it is not ours (chroot(2), pivot_root(2), containers). */
#ifndef SYMBOLS_ELF_PROCESS_ROOT_H
#define SYMBOLS_ELF_PROCESS_ROOT_H

#include <limits.h>
#include <sys/types.h>

#include "util/error.h"

struct process_root {
    int fd;              /* O_PATH; -1: the root is ours, or not known */
    char path[PATH_MAX]; /* its path in our root, without a trailing slash: "" for "/" */
};

/* Opens the present root of the process. It stays valid after the process ends. */
void process_root_open(struct process_root *root, pid_t pid);
void process_root_close(struct process_root *root);

/*
 * The path, as the process sees it, of the file that our view of /proc/PID/maps calls `path`:
 * proc(5) shows paths relative to the reader's root. Returns a part of `path`.
 */
const char *process_root_path(const struct process_root *root, const char *path);

#endif
