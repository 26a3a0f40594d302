/* SPDX-License-Identifier: MIT */
/* The search for a program's file. */
#ifndef PTRACE_OS_PROGRAM_PATH_H
#define PTRACE_OS_PROGRAM_PATH_H

#include <limits.h>

#include "util/error.h"

/* The file to execute, by the rules of execvp(3) without its fallback to a shell. -ENOENT: there is
   none; -EACCES: there is one that is not executable. */
MUST_CHECK int program_path(const char *name, char path[PATH_MAX], struct error *err);

#endif
