/* SPDX-License-Identifier: MIT */
/*
 * Opening files that others name, with the user's own rights. Whoever built the target has chosen
 * what lies where its debug information says: nothing but a regular file is ever opened (to open a
 * FIFO, a device or a socket may wait, or be noticed at its other end), and nothing is waited for.
 * The files that a process has mapped are symbols/elf/target_file.h's.
 */
#ifndef SYMBOLS_ELF_FILE_OPEN_H
#define SYMBOLS_ELF_FILE_OPEN_H

#include "util/error.h"

/*
 * Opens for reading what the user names. Links of any kind are followed. The descriptor is the
 * caller's. Negative errno; -ENOEXEC: no regular file.
 */
MUST_CHECK int file_open(const char *path);

/*
 * Opens for reading what a file of the target names, debug information above all. The path is
 * resolved below the directory open as `root`, where ".." and links lead where they lead a process
 * that has it as its root; -1 is our own root. Magic links (those of proc(5) that lead to what a
 * process has open) are not followed. The descriptor is the caller's. Negative errno; -ENOEXEC: no
 * regular file; -ENOSYS or -EPERM: the kernel, or a seccomp filter, has no openat2(2), without
 * which nothing is opened below `root`.
 */
MUST_CHECK int file_open_named(int root, const char *path);

#endif
