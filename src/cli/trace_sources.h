/* SPDX-License-Identifier: MIT */
/* Where the functions of a trace are in the sources, as ptrace_tracer.json beside it tells. */
#ifndef CLI_TRACE_SOURCES_H
#define CLI_TRACE_SOURCES_H

#include "util/arena.h"
#include "util/table.h"

struct function_source {
    const char *file;
    unsigned line;
};

/* Zeroed: none. */
struct trace_sources {
    struct table by_function; /* hash of "provider:function" -> struct function_source */
    struct arena memory;
};

/* Reads the file; without it there are none. */
void trace_sources_read(struct trace_sources *sources, const char *directory);
/* NULL: not known. Valid until trace_sources_free(). */
const struct function_source *trace_sources_find(const struct trace_sources *sources,
                                                 const char *provider, const char *function);
void trace_sources_free(struct trace_sources *sources);

#endif
