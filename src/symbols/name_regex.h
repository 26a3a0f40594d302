/* SPDX-License-Identifier: MIT */
/* An extended regular expression that must match a whole name. */
#ifndef SYMBOLS_NAME_REGEX_H
#define SYMBOLS_NAME_REGEX_H

#include <regex.h>
#include <stdbool.h>

#include "util/error.h"

struct name_regex {
    char *literal;    /* the ERE if it has no special characters; compared with strcmp() */
    regex_t regex;    /* when literal is NULL */
    bool is_anchored; /* the regex matches whole names only */
};

/* -EINVAL: not a regular expression; -E2BIG: one that takes too much memory or time; `err` has the
   reason. Free after success only. */
MUST_CHECK int name_regex_compile(struct name_regex *regex, const char *ere, struct error *err);
void name_regex_free(struct name_regex *regex);
bool name_regex_matches(const struct name_regex *regex, const char *name);

#endif
