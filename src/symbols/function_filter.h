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
struct function_pattern;

MUST_CHECK int function_filter_new(struct function_filter **filter);
void function_filter_free(struct function_filter *filter);

/* Adds a pattern (symbols/function_pattern.h). -EINVAL: it is none; `err` has the reason. */
MUST_CHECK int function_filter_add(struct function_filter *filter, const char *pattern,
                                   bool exclude, struct error *err);
/* Reads one pattern a line; '!' excludes; '#' starts a comment line; blank lines are skipped.
   `path` must live as long as the filter. */
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
 * and its ERE, or an alternative in it, begins with "sub_"; or it is an address. Others do not
 * select such functions: not "sub_.*", nor ".*@prog".
 */
bool function_filter_names_unnamed(const struct function_filter *filter,
                                   const struct module_names *module);
/* Whether the function without a symbol is selected. `by_rule`: a session rule names such functions
   of the module, so that no -f is needed. */
bool function_filter_unnamed(const struct function_filter *filter, const struct printed_name *name,
                             const struct module_names *module, bool by_rule);

/* Whether a pattern may mean the function with these names by its name in events, which is known
   when its probe is made: function_filter_event() decides. */
bool function_filter_may_be_event(const struct function_filter *filter,
                                  const struct printed_name *names, size_t n_names,
                                  const struct module_names *module);
/* Whether the function is selected that has this name in events ("init@file.c"). `is_included`:
   what function_filter_function() says. */
bool function_filter_event(const struct function_filter *filter, const char *name,
                           const struct module_names *module, bool is_included);

/* Whether a pattern has a module. */
bool function_filter_names_modules(const struct function_filter *filter);

/* Whether there is an including pattern that has not matched any function. */
bool function_filter_has_unmatched(const struct function_filter *filter);

struct unmatched_pattern {
    const struct function_pattern *pattern;
    const char *file; /* where it is from, with the line; NULL: the command line */
    unsigned line;
};

/* Calls `report` for each including pattern that has not matched any function, once for each. */
void function_filter_unmatched(const struct function_filter *filter,
                               void (*report)(void *data,
                                              const struct unmatched_pattern *unmatched),
                               void *data);

#endif
