/* SPDX-License-Identifier: MIT */
/* Loads our libraries that need LTTng's or libbabeltrace2, on demand. They are beside the running
   executable: `make` puts them in ../lib, `make install` in ../lib/ptrace_tracer. */
#ifndef UTIL_LOAD_H
#define UTIL_LOAD_H

#include "util/error.h"

/* Opens lib`name`.so and returns its symbol `symbol`. `needs` names what has the libraries that it
   needs, to be installed where they are missing. On failure: NULL, err is set. The library stays
   loaded until the process ends: liblttng-ust's threads run in it. */
const void *load_symbol(const char *name, const char *symbol, const char *needs, struct error *err);
/* The path of the file `name` relative to the directory of the running executable; it need not
   exist. The caller frees it. On failure: NULL, err is set. */
char *load_beside(const char *name, struct error *err);

#endif
