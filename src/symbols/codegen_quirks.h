/* SPDX-License-Identifier: MIT */
/*
 * What compilers are known to do to functions that debug information does not record: how far debug
 * information and the ABI can be relied on.
 */
#ifndef SYMBOLS_CODEGEN_QUIRKS_H
#define SYMBOLS_CODEGEN_QUIRKS_H

#include <elfutils/libdw.h>
#include <stdbool.h>

#include "symbols/abi/abi.h"
#include "symbols/demangle.h"
#include "symbols/dwarf/dwarf_params.h"
#include "symbols/dwarf/function_context.h"

/* Results for the units queried last. Starts zeroed. */
struct codegen_units {
    const void *bare_unit;
    bool is_bare;
    const void *unoptimised_unit;
    bool is_unoptimised;
};

struct codegen_quirks {
    /* Callers follow the ABI for parameters, and for the result. This does not hold for compilers'
       clones, for static functions that clang has optimised, and for other languages. */
    bool abi_parameters;
    bool abi_result;
    /* Debug information may lack some parameters that are passed by address. All others are stored
       in the frame before the first branch. */
    bool may_lack_parameters;
    /* The memory behind an address in debug information may not exist (optional Fortran
       arguments). */
    bool may_be_missing;
    /* The function is known to follow another convention than the ABI. */
    bool other_convention;
    struct abi_quirks abi;
};

/*
 * Whether the unit was compiled with -g1 (-gline-tables-only): its functions have no parameters or
 * results, as if declared `void f()`. GCC records its options; of other compilers, a unit that
 * describes no types counts as such.
 */
bool codegen_quirks_is_bare_unit(struct codegen_units *units,
                                 const struct function_context *context);

/* Fills *quirks for the function with this name and these parameters. `is_local`: its symbol is
   local. */
void codegen_quirks_find(struct codegen_units *units, struct codegen_quirks *quirks,
                         Dwarf_Die *function, const struct function_context *context,
                         const struct function_name *name, bool is_local,
                         const struct dwarf_params *params);

/* The same for a function of other code than that of `function`: one that other modules may call
   follows the ABI. */
void codegen_quirks_declared(struct codegen_quirks *quirks, Dwarf_Die *function,
                             const struct function_context *context,
                             const struct function_name *name);

#endif
