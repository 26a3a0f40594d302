/* SPDX-License-Identifier: MIT */
/*
 * How far what debug information and the ABI say of a function can be believed: what compilers are
 * known to do to functions without telling.
 */
#ifndef SYMBOLS_CODEGEN_QUIRKS_H
#define SYMBOLS_CODEGEN_QUIRKS_H

#include <elfutils/libdw.h>
#include <stdbool.h>

#include "symbols/abi/abi.h"
#include "symbols/demangle.h"
#include "symbols/dwarf/dwarf_params.h"
#include "symbols/dwarf/function_context.h"

/* What was found out about units asked about last. Starts zeroed. */
struct codegen_units {
    const void *bare_unit;
    bool is_bare;
    const void *unoptimised_unit;
    bool is_unoptimised;
};

struct codegen_quirks {
    /* The caller follows the ABI: all parameters are where it puts them. Not so for compilers'
       clones, for static functions that clang has optimised, and in other languages. */
    bool abi_parameters;
    bool abi_result;
    /* What debug information says to lie behind an address need not be there. */
    bool may_be_absent;
    /* It is known that another convention than the ABI is followed. */
    bool other_convention;
    struct abi_quirks abi;
};

/*
 * A unit compiled with -g1 (-gline-tables-only) has functions without parameters or results, which
 * look just like `void f()`. GCC tells its options; else a unit that describes no type at all is
 * taken for one.
 */
bool codegen_quirks_is_bare_unit(struct codegen_units *units,
                                 const struct function_context *context);

/* Judges the function of that name and those parameters; `is_local`: its symbol is. */
void codegen_quirks_find(struct codegen_units *units, struct codegen_quirks *quirks,
                         Dwarf_Die *function, const struct function_context *context,
                         const struct function_name *name, bool is_local,
                         const struct dwarf_params *params);

#endif
