/* SPDX-License-Identifier: MIT */
/*
 * The files that a process executes and has mapped, found through /proc and opened with the rights
 * that are kept for that (util/capabilities.h). What is found is a descriptor with O_PATH, so that
 * nothing has been opened yet (a device would notice) when it is compared with what is mapped.
 */
#ifndef SYMBOLS_ELF_TARGET_FILE_H
#define SYMBOLS_ELF_TARGET_FILE_H

#include <limits.h>
#include <sys/types.h>

#include "symbols/elf/process_root.h"
#include "util/error.h"
#include "util/maps.h"

/* The program that the process executes; `path` (NULL: not wanted) receives what /proc/PID/maps,
   read by us, calls it. The descriptor is the caller's; negative errno. */
MUST_CHECK int target_file_program(pid_t pid, char path[PATH_MAX]);

/* The file that is mapped there. The descriptor is the caller's; -ENOENT: there is no way to it, as
   it was deleted or replaced and CAP_CHECKPOINT_RESTORE is missing. */
MUST_CHECK int target_file_mapped(pid_t pid, const struct process_root *root,
                                  const struct map *map);

/* What the process has under an absolute name, as it sees it. The descriptor is the caller's;
   negative errno. */
MUST_CHECK int target_file_named(const struct process_root *root, const char *path);

/* Opens, for reading, the regular file that was found (O_PATH); that one stays the caller's, and
   the new descriptor is, too. Negative errno; -ENOEXEC: it is no regular file. */
MUST_CHECK int target_file_open(int found);

#endif
