/* SPDX-License-Identifier: MIT */
/*
 * File descriptors when there are hardly any left. Some are held back by a soft limit below the
 * hard one (setrlimit(2), RLIMIT_NOFILE): libraries, and what stays open, do without them, and what
 * is opened here for a moment gets one when all others are used up. The limits are the process's
 * own, so nothing is kept here. From any thread.
 */
#ifndef UTIL_DESCRIPTORS_H
#define UTIL_DESCRIPTORS_H

#include <dirent.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/resource.h>

#include "util/error.h"

/* Raises the soft limit as far as it goes, but for those held back. *before, which is for
   descriptors_restore(), receives the limits as they were. */
void descriptors_raise(struct rlimit *before);
/* In a child that is to execute another program: sets the limits as they were, if they are known
   (rlim_max is not 0). */
void descriptors_restore(const struct rlimit *before);

/* open(2) with O_CLOEXEC; a file that is made has the mode 0666. The descriptor is the caller's; a
   negative errno. */
MUST_CHECK int descriptors_open(const char *path, int flags);
/* The same by openat2(2); `how` is to have O_CLOEXEC. */
MUST_CHECK int descriptors_open_how(int directory, const char *path, const struct open_how *how);
/* fopen(3) for reading, and opendir(3): NULL with errno. */
FILE *descriptors_file(const char *path);
DIR *descriptors_directory(const char *path);

/* Makes those held back available to all, for what libraries open for a moment. Returns the soft
   limit as it was, for descriptors_hold_back(). */
rlim_t descriptors_use_all(void);
void descriptors_hold_back(rlim_t soft);

/* Whether a negative errno says that descriptors or memory are used up, and so nothing about what
   was to be opened. */
bool descriptors_out(int code);
/* Whether that one may stay open: a quarter of all is left for others. */
bool descriptors_may_keep(int fd);

#endif
