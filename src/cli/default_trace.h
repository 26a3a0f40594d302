/* SPDX-License-Identifier: MIT */
/* The trace that is read if none is named. */
#ifndef CLI_DEFAULT_TRACE_H
#define CLI_DEFAULT_TRACE_H

#include "util/error.h"

/* The newest ./ptrace_tracer-*, else that of the current LTTng session. The caller frees *path.
   -ENOENT: there is none; err says so. */
MUST_CHECK int default_trace_find(char **path, struct error *err);

#endif
