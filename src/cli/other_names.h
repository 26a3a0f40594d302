/* SPDX-License-Identifier: MIT */
/* Other names of the modules that were seen, for the notes of a trace. Not locked. */
#ifndef CLI_OTHER_NAMES_H
#define CLI_OTHER_NAMES_H

#include <stddef.h>

#include "analysis/trace_notes.h"
#include "util/table.h"
#include "util/vec.h"

/* Starts zeroed. */
struct other_names {
    VEC(struct other_name) list;
    struct table known; /* hash of both strings -> 1 */
};

/* Adds it, once. The strings must outlive the list. Without memory for it, it is left out. */
void other_names_add(struct other_names *names, const char *module, const char *name);
/* Keeps those of the modules that the probes are in. */
void other_names_keep(struct other_names *names, const struct probe *const *probes, size_t n);
void other_names_free(struct other_names *names);

#endif
