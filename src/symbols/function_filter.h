/* SPDX-License-Identifier: MIT */
/* The user's patterns that select functions: -f, -x and --patterns. */
#ifndef SYMBOLS_FUNCTION_FILTER_H
#define SYMBOLS_FUNCTION_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "symbols/module_names.h"
#include "symbols/printed_name.h"
#include "util/error.h"

struct function_filter;

MUST_CHECK int function_filter_new(struct function_filter **filter);
void function_filter_free(struct function_filter *filter);

/* Adds a pattern (symbols/function_pattern.h). -EINVAL: it is none; `err` has the reason. */
MUST_CHECK int function_filter_add(struct function_filter *filter, const char *pattern,
                                   bool exclude, struct error *err);
/* Reads one pattern a line; '!' excludes; '#' starts a comment line; blank lines are skipped. */
MUST_CHECK int function_filter_add_file(struct function_filter *filter, const char *path,
                                        struct error *err);

/* Whether there is a pattern that includes functions (-f, or a line of a file). */
bool function_filter_is_explicit(const struct function_filter *filter);

/* Whether an including pattern could match in this module, so that its symbols must be read.
   Without such patterns: whether the module is the program or is outside the system's
   directories. */
bool function_filter_module(const struct function_filter *filter, const struct module_names *module,
                            bool is_program);
/* Whether the function is selected: some name is included and none is excluded. `names` are all
   names of one function. `whole_module`: a session rule names the module, so that no -f is
   needed. */
bool function_filter_function(const struct function_filter *filter,
                              const struct printed_name *names, size_t n_names,
                              const struct module_names *module, bool is_program,
                              bool whole_module);

/*
 * Whether an including pattern names functions without a symbol in this module: it has a module,
 * and its ERE, or an alternative in it, begins with "sub_". Others do not select such functions:
 * not "sub_.*", nor ".*@prog".
 */
bool function_filter_names_unnamed(const struct function_filter *filter,
                                   const struct module_names *module);
/* Whether the function without a symbol is selected. `by_rule`: a session rule names such functions
   of the module, so that no -f is needed. */
bool function_filter_unnamed(const struct function_filter *filter, const char *name,
                             const struct module_names *module, bool by_rule);

/* Whether a pattern has a module. */
bool function_filter_names_modules(const struct function_filter *filter);

/* Calls `report` for each including pattern that has not matched any function. */
void function_filter_unmatched(const struct function_filter *filter,
                               void (*report)(void *data, const char *pattern), void *data);

#endif
