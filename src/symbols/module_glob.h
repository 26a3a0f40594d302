/* SPDX-License-Identifier: MIT */
/* The names of modules that a shell pattern (glob(7)) stands for. */
#ifndef SYMBOLS_MODULE_GLOB_H
#define SYMBOLS_MODULE_GLOB_H

#include <stdbool.h>

#include "symbols/module_names.h"

/*
 * Whether the glob matches the module's provider ("c"), its file name ("libc.so.6") or another name
 * of it, or such a name with a shorter version or none ("libc.so", "libc"). If the file is not
 * known, the names of a library's file match the provider that such a file has.
 */
bool module_glob_matches(const char *glob, const struct module_names *names);

#endif
