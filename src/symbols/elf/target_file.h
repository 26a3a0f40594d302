/* SPDX-License-Identifier: MIT */
/*
 * Finds the files that a process executes and maps through /proc, with the rights kept for that
 * (util/capabilities.h). The result is a descriptor with O_PATH: the file is compared with the
 * mapping before it is opened, as opening a device would be noticed.
 */
#ifndef SYMBOLS_ELF_TARGET_FILE_H
#define SYMBOLS_ELF_TARGET_FILE_H

#include <limits.h>
#include <sys/types.h>

#include "symbols/elf/process_root.h"
#include "util/error.h"
#include "util/maps.h"

/* Finds the program that the process executes. `path`, unless NULL, receives its path as in
   /proc/PID/maps. The caller closes the descriptor. Negative errno. */
MUST_CHECK int target_file_program(pid_t pid, char path[PATH_MAX]);

/* Finds the file of a mapping. The caller closes the descriptor. -ENOENT: the file cannot be
   reached; it was deleted or replaced, and CAP_CHECKPOINT_RESTORE is missing. */
MUST_CHECK int target_file_mapped(pid_t pid, const struct process_root *root,
                                  const struct map *map);

/* Finds the file at an absolute path, as the process sees it. The caller closes the descriptor.
   Negative errno. */
MUST_CHECK int target_file_named(const struct process_root *root, const char *path);

/* Opens the file that was found (O_PATH) for reading. The caller keeps `found` and closes the new
   descriptor. Negative errno; -ENOEXEC: not a regular file. */
MUST_CHECK int target_file_open(int found);

#endif
