/* SPDX-License-Identifier: MIT */
/* The files that the functions of a trace are in, as ptrace_tracer.json beside it tells: events
   have the names of providers alone. */
#ifndef CLI_TRACE_MODULES_H
#define CLI_TRACE_MODULES_H

#include <stdbool.h>

#include "symbols/module_names.h"
#include "util/arena.h"
#include "util/table.h"

/* Zeroed: nothing was read. */
struct trace_modules {
    struct table by_function; /* hash of "provider:function" -> path */
    struct table others;      /* hash of a path -> other names, up to NULL */
    struct arena memory;
    bool is_read;
};

/* Reads the file, once; without it there are none. */
void trace_modules_read(struct trace_modules *modules, const char *directory);
/* The names of the function's module, as far as they are known. Valid until
   trace_modules_free(). */
struct module_names trace_modules_names(const struct trace_modules *modules, const char *provider,
                                        const char *function);
void trace_modules_free(struct trace_modules *modules);

#endif
