/* SPDX-License-Identifier: MIT */
/* What is wanted of values besides themselves. */
#ifndef SYMBOLS_TYPES_VALUE_OPTIONS_H
#define SYMBOLS_TYPES_VALUE_OPTIONS_H

#include <stdbool.h>

enum { DEREF_MAX = 8 };

struct value_options {
    unsigned deref;   /* so many addresses are followed, one after the other, to what lies there */
    bool all_strings; /* pointers to characters are text though they are not const */
    bool symbols;     /* addresses of functions have the functions' names beside them */
};

#endif
