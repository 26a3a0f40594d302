/* SPDX-License-Identifier: MIT */
/*
 * Opens files whose names come from the user or from a file of the target, with the user's own
 * rights. The author of the target chooses the names in its debug information, so only regular
 * files are opened: opening a FIFO, a device or a socket may block, or be noticed at the other end.
 * For files that a process has mapped see symbols/elf/target_file.h.
 */
#ifndef SYMBOLS_ELF_FILE_OPEN_H
#define SYMBOLS_ELF_FILE_OPEN_H

#include "util/error.h"

/*
 * Opens for reading a file that the user names. Follows links of any kind. The caller closes the
 * descriptor. Negative errno; -ENOEXEC: not a regular file.
 */
MUST_CHECK int file_open(const char *path);

/*
 * Opens for reading a file that a file of the target names. The path is resolved below the
 * directory open as `root`, as for a process with this root (-1: our root). Magic links of proc(5)
 * are not followed. The caller closes the descriptor. Negative errno; -ENOEXEC: not a regular file;
 * -ENOSYS or -EPERM: openat2(2) is missing or forbidden (seccomp), without which nothing is opened
 * below `root`.
 */
MUST_CHECK int file_open_named(int root, const char *path);

#endif
