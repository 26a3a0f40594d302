/* SPDX-License-Identifier: MIT */
/*
 * Loads what needs LTTng's libraries, on demand, from beside the running executable: `make` puts it
 * in ../lib, `make install` in ../lib/ptrace_tracer.
 */
#ifndef TP_LOAD_H
#define TP_LOAD_H

#include "util/error.h"

/*
 * Opens lib`name`.so and returns what it exports as `symbol`; NULL with err filled on failure. The
 * library stays loaded for good: liblttng-ust has threads of its own that run in it.
 */
const void *load_symbol(const char *name, const char *symbol, struct error *err);

#endif
