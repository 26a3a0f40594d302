/* SPDX-License-Identifier: MIT */
/* Symbol names for people: C++ names demangled, compilers' suffixes recognized. */
#ifndef SYMBOLS_DEMANGLE_H
#define SYMBOLS_DEMANGLE_H

#include <stdbool.h>

#include "util/arena.h"

struct function_name {
    const char *symbol;     /* as in the symbol table */
    const char *name;       /* "ns::Class::method", "fib.constprop.0": without parameters */
    const char *base;       /* the name without a compiler's suffix: "fib" */
    const char *parameters; /* "(int, char) const" of a C++ function, else NULL */
    /* Base and parameters as c++filt prints them, if they were shortened (util/short_names.h);
       else NULL. */
    const char *long_base, *long_parameters;
    bool is_clone;    /* the compiler may have changed its parameters */
    bool lost_result; /* the compiler may have changed its result */
    bool is_part;     /* not a function: a cold part, or a thunk */
};

/* Parses the symbol name. New strings are allocated in the arena; the others are part of `symbol`.
   false: out of memory. */
bool function_name_parse(struct function_name *name, const char *symbol, struct arena *arena);

#endif
