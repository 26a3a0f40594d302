/* SPDX-License-Identifier: MIT */
/* Names of code addresses in a trace, from the files that were mapped there, as they are now. */
#ifndef CLI_TRACE_SYMBOLS_H
#define CLI_TRACE_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>

#include "analysis/trace_reader.h"

struct catalog;

/* All zero: no file was opened. */
struct trace_symbols {
    struct catalog *catalog;
};

/* Like trace_options.name_code. */
bool trace_symbols_name(struct trace_symbols *symbols, const struct code_address *address,
                        char *module, size_t module_size, char *name, size_t name_size);
void trace_symbols_free(struct trace_symbols *symbols);

#endif
