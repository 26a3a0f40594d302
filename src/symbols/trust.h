/*
 * How far what debug information and the ABI say of a function can be believed: what compilers are
 * known to do to functions without telling.
 */
#ifndef SYMBOLS_TRUST_H
#define SYMBOLS_TRUST_H

#include <elfutils/libdw.h>
#include <stdbool.h>

#include "symbols/abi.h"
#include "symbols/demangle.h"
#include "symbols/formals.h"
#include "symbols/function_context.h"

/* What was found out about units asked about last. Starts zeroed. */
struct trust_units {
    const void *bare_asked;
    bool is_bare;
    const void *unoptimised_asked;
    bool is_unoptimised;
};

struct trust {
    /* The caller follows the ABI: all parameters are where it puts them. Not so for compilers'
       clones, for static functions that clang has optimised, and in other languages. */
    bool parameters;
    bool result;
    /* What debug information says to lie behind an address need not be there. */
    bool may_be_absent;
    /* It is known that another convention than the ABI is followed. */
    bool other_convention;
    struct abi_habits habits;
};

/*
 * A unit compiled with -g1 (-gline-tables-only) has functions without parameters or results, which
 * look just like `void f()`. GCC tells its options; else a unit that describes no type at all is
 * taken for one.
 */
bool trust_is_bare_unit(struct trust_units *units, const struct function_context *context);

/* Judges the function of that name and those parameters; `is_local`: its symbol is. */
void trust_judge(struct trust_units *units, struct trust *trust, Dwarf_Die *function,
                 const struct function_context *context, const struct function_name *name,
                 bool is_local, const struct formals *formals);

#endif
