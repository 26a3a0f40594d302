/* SPDX-License-Identifier: MIT */
/* Symbols' names as people write them: C++ names demangled, compilers' suffixes told apart. */
#ifndef SYMBOLS_DEMANGLE_H
#define SYMBOLS_DEMANGLE_H

#include <stdbool.h>

#include "util/arena.h"

struct function_name {
    const char *symbol;     /* as it is in the symbol table */
    const char *name;       /* "ns::Class::method", "fib.constprop.0": no parameters */
    const char *base;       /* the name without a compiler's suffix: "fib" */
    const char *parameters; /* "(int, char) const" of a C++ function, else NULL */
    bool is_clone;          /* the compiler may have changed what it is passed */
    bool lost_result;       /* ... and what it returns */
    bool is_part; /* no function: a cold part that is jumped to, or a thunk that jumps on */
};

/* Takes the symbol's name apart. What has to be made lies in the arena, the rest in `symbol`.
   false when memory is out. */
bool function_name_parse(struct function_name *name, const char *symbol, struct arena *arena);

#endif
