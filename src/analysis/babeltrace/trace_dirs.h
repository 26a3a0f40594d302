/* SPDX-License-Identifier: MIT */
/* Finds the traces below a directory: each is a directory with a file `metadata`. */
#ifndef ANALYSIS_BABELTRACE_TRACE_DIRS_H
#define ANALYSIS_BABELTRACE_TRACE_DIRS_H

#include "util/error.h"
#include "util/vec.h"

struct trace_dirs {
    VEC(char *) paths; /* in the order of their names */
};

/* -ENOENT, -ENOTDIR, -ENODATA (there is none), or what opendir(3) says. trace_dirs_free() also
   after an error. */
MUST_CHECK int trace_dirs_find(const char *path, struct trace_dirs *dirs, struct error *err);
void trace_dirs_free(struct trace_dirs *dirs);

#endif
