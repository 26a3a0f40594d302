/*
 * The functions of a target's module that may be traced.
 */
#ifndef CLI_CANDIDATES_H
#define CLI_CANDIDATES_H

#include "cli/target.h"

/* Looks for them, and makes them known to LTTng: by the -f patterns, or because a session's rule
   names the module. */
void candidates_find(struct target *target, struct target_module *tm);
/* Arms and disarms them by what is wanted now. */
void candidates_apply(struct target *target, struct target_module *tm);

#endif
