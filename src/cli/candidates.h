/* SPDX-License-Identifier: MIT */
/*
 * The functions of a target's module that may be traced.
 */
#ifndef CLI_CANDIDATES_H
#define CLI_CANDIDATES_H

#include "cli/target.h"

/*
 * The probes of those that a module has: by the -f patterns, or, if *named, because a session's
 * rule names the module. 1: the array is the caller's (free()); 0: none of the module's functions
 * are to be looked for; negative, with err filled: they cannot be.
 */
MUST_CHECK int candidates_select(struct tracer *tracer, const struct module *module,
                                 const struct probe ***probes, size_t *n, bool *named,
                                 struct error *err);
/* Looks for them, and makes them known to LTTng: by the -f patterns, or because a session's rule
   names the module. */
void candidates_find(struct target *target, struct target_module *tm);
/* Arms and disarms them by what is wanted now. */
void candidates_apply(struct target *target, struct target_module *tm);

#endif
