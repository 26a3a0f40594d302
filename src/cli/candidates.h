/* SPDX-License-Identifier: MIT */
/* The functions of a module that may be traced. */
#ifndef CLI_CANDIDATES_H
#define CLI_CANDIDATES_H

#include "cli/target.h"

/*
 * Finds the probes of a module: those that the -f patterns select, or, with *named set, all of a
 * module that an event rule names. Returns 1, and the caller frees the array; 0 if nothing in the
 * module is wanted; a negative errno with err filled.
 */
MUST_CHECK int candidates_select(struct tracer *tracer, const struct module *module,
                                 const struct probe ***probes, size_t *n, bool *named,
                                 struct error *err);
/* Finds the candidates of the module and adds them to the sink. */
void candidates_find(struct target *target, struct target_module *tm);
/* Adds the functions without a symbol of a module in which an event rule names such ones
   ("mylib:sub_*"), once. */
void candidates_find_unnamed(struct target *target, struct target_module *tm);
/* Arms the candidates that are wanted now, and disarms the others. */
void candidates_apply(struct target *target, struct target_module *tm);

#endif
