/* SPDX-License-Identifier: MIT */
/* What to show in addition to values. */
#ifndef SYMBOLS_TYPES_VALUE_OPTIONS_H
#define SYMBOLS_TYPES_VALUE_OPTIONS_H

#include <stdbool.h>

enum { DEREF_MAX = 8 };

struct value_options {
    unsigned deref;   /* the number of addresses to follow, one after the other */
    bool all_strings; /* pointers to characters that are not const are strings, too */
    bool symbols;     /* show the function's name for the address of a function */
};

#endif
