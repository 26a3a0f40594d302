/* SPDX-License-Identifier: MIT */
/*
 * Opening files when descriptors run out. A soft limit below the hard limit (setrlimit(2),
 * RLIMIT_NOFILE) keeps a few descriptors in reserve. Libraries, and files that stay open, cannot
 * use the reserve; the functions here use it for files that are open for a short time when all
 * others are in use. The limits belong to the process; there is no other state. From any thread.
 */
#ifndef UTIL_DESCRIPTORS_H
#define UTIL_DESCRIPTORS_H

#include <dirent.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/resource.h>

#include "util/error.h"

/* Raises the soft limit to the hard limit less the reserve. *before receives the old limits, for
   descriptors_restore(). */
void descriptors_raise(struct rlimit *before);
/* Restores the limits in a child before it executes another program, if they are known (rlim_max is
   not 0). */
void descriptors_restore(const struct rlimit *before);

/* open(2) with O_CLOEXEC; a new file has the mode 0666. Returns a descriptor, which the caller
   closes, or a negative errno. */
MUST_CHECK int descriptors_open(const char *path, int flags);
/* The same by openat2(2); `how` must have O_CLOEXEC. */
MUST_CHECK int descriptors_open_how(int directory, const char *path, const struct open_how *how);
/* fopen(3) for reading, and opendir(3). On failure NULL, with errno set. */
FILE *descriptors_file(const char *path);
DIR *descriptors_directory(const char *path);

/* Make the reserve available to all, for files that libraries open for a short time, and end that.
   descriptors_use_all() returns the old soft limit, which descriptors_hold_back() restores. */
rlim_t descriptors_use_all(void);
void descriptors_hold_back(rlim_t soft);

/* Whether a negative errno means that descriptors or memory ran out, which says nothing about the
   file. */
bool descriptors_out(int code);
/* Whether this descriptor may stay open: a quarter of all stays free for others. */
bool descriptors_may_keep(int fd);

#endif
