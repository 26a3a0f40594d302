/* SPDX-License-Identifier: MIT */
/* Which functions a user asked for: -f, -x and --filter-file. */
#ifndef SYMBOLS_FUNCTION_FILTER_H
#define SYMBOLS_FUNCTION_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "util/error.h"

struct function_filter;

MUST_CHECK int function_filter_new(struct function_filter **filter);
void function_filter_free(struct function_filter *filter);

/* Adds `ERE[@MODULE-GLOB]`: the last '@' parts the two, so a name that holds an '@' is written with
   a glob behind it ("memcpy@GLIBC_2.14@*"). The ERE must match the whole name. -EINVAL with the
   reason for what is no regular expression. */
MUST_CHECK int function_filter_add(struct function_filter *filter, const char *pattern,
                                   bool exclude, struct error *err);
/* One pattern a line; '!' excludes; '#' starts a comment line; blank lines are skipped. */
MUST_CHECK int function_filter_add_file(struct function_filter *filter, const char *path,
                                        struct error *err);

/* Whether some -f pattern was given (from either source). */
bool function_filter_is_explicit(const struct function_filter *filter);

/* Whether a pattern that includes could match in this module (so its symbols must be read). With no
   -f at all: whether the module is the program or lies outside the system's directories. */
bool function_filter_module(const struct function_filter *filter, const char *provider,
                            const char *path, bool is_program);
/* Whether the function is selected. `name` has no parameter list. A clone's or overload's names can
   be tried one after the other: any that is included, none that is excluded. `whole_module`: the
   module was brought in by a session rule, so no -f is needed for it. */
bool function_filter_function(const struct function_filter *filter, const char *const *names,
                              size_t n_names, const char *provider, const char *path,
                              bool is_program, bool whole_module);

/* Calls back for each -f pattern that never matched a function since the select was made. */
void function_filter_unmatched(const struct function_filter *filter,
                               void (*report)(void *data, const char *pattern), void *data);

#endif
