/* SPDX-License-Identifier: MIT */
/* Filters of event rules and triggers that name fields which no event of theirs has. */
#ifndef TP_SESSION_SESSION_FILTERS_H
#define TP_SESSION_SESSION_FILTERS_H

#include <stddef.h>

#include "util/table.h"

struct session;

/* State of the warnings about filters. Starts zeroed. */
struct filters {
    struct table checked; /* hash of a rule and its filter */
    size_t n_warnings;
    size_t n_listings;
};

enum { FILTER_NAMES_MAX = 32, FILTER_NAME_MAX = 128, FILTER_MAX = 4096 };

/* Writes the names of fields in a filter expression, each once, those that fit. Returns how many.
   Any text is safe. */
size_t filter_expression_names(const char *expression, char names[][FILTER_NAME_MAX], size_t max);
/* Warns, once each, of rules whose filter names a field that none of the events has which the rule
   matches, with the names of their fields. Asks the daemon. Call it on the thread that reads the
   rules. */
void filters_warn(struct filters *filters, struct session *session);
void filters_free(struct filters *filters);

#endif
