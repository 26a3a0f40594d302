/* SPDX-License-Identifier: MIT */
#include "symbols/codegen_quirks.h"

#include <dwarf.h>
#include <string.h>

#include "symbols/dwarf/dwarf_read.h"
#include "symbols/dwarf/location.h"

static bool is_type(int tag)
{
    switch (tag) {
    case DW_TAG_base_type:
    case DW_TAG_pointer_type:
    case DW_TAG_structure_type:
    case DW_TAG_class_type:
    case DW_TAG_union_type:
    case DW_TAG_enumeration_type:
    case DW_TAG_typedef:
    case DW_TAG_const_type:
    case DW_TAG_array_type:
    case DW_TAG_subroutine_type:
    case DW_TAG_imported_unit: /* dwz moved the types elsewhere */
        return true;
    default:
        return false;
    }
}

bool codegen_quirks_is_bare_unit(struct codegen_units *units,
                                 const struct function_context *context)
{
    Dwarf_Die unit = context->unit, child;
    if (context->debug_level_known || !unit.addr)
        return context->is_bare || !unit.addr;
    if (units->bare_unit == unit.addr)
        return units->is_bare;
    units->bare_unit = unit.addr;
    units->is_bare = true;
    if (dwarf_child(&unit, &child) == 0) {
        do
            units->is_bare = !is_type(dwarf_tag(&child));
        while (units->is_bare && die_next(&child));
    }
    return units->is_bare;
}

/* Optimised functions have the attribute that all their calls are described (DWARF 5, 3.3.1.6). */
static bool describes_all_calls(Dwarf_Die *function)
{
    return die_flag(function, DW_AT_call_all_calls) ||
           die_flag(function, DW_AT_GNU_all_call_sites) ||
           die_flag(function, DW_AT_GNU_all_tail_call_sites);
}

/* Whether the unit has unoptimised functions only. */
static bool is_unoptimised_unit(struct codegen_units *units, Dwarf_Die *function)
{
    Dwarf_Die unit, child, parameter;
    if (!dwarf_diecu(function, &unit, NULL, NULL))
        return false;
    if (units->unoptimised_unit == unit.addr)
        return units->is_unoptimised;
    units->unoptimised_unit = unit.addr;
    units->is_unoptimised = false;
    if (dwarf_child(&unit, &child) != 0)
        return false;
    bool any = false;
    do {
        if (dwarf_tag(&child) != DW_TAG_subprogram || dwarf_child(&child, &parameter) != 0)
            continue;
        if (describes_all_calls(&child))
            return false;
        do {
            if (dwarf_tag(&parameter) != DW_TAG_formal_parameter ||
                !dwarf_hasattr(&parameter, DW_AT_location))
                continue;
            if (!location_is_in_frame(&parameter))
                return false;
            any = true;
        } while (die_next(&parameter));
    } while (die_next(&child));
    units->is_unoptimised = any;
    return any;
}

/* In unoptimised code of clang, all parameters stay in the frame. */
static bool is_unoptimised(struct codegen_units *units, Dwarf_Die *function,
                           const struct dwarf_params *params)
{
    if (describes_all_calls(function))
        return false;
    if (params->list.count == 0)
        return is_unoptimised_unit(units, function);
    for (size_t i = 0; i < params->list.count; i++) {
        Dwarf_Die *die = &params->list.items[i].actual;
        if (!die->addr || !location_is_in_frame(die))
            return false;
    }
    return true;
}

/* The number of parameters in a demangled list, "(int, char) const", without `this` and an
   ellipsis. */
static size_t count_named(const char *list)
{
    size_t n = 0, depth = 0;
    bool any = false, dots = false;
    for (const char *c = list; *c; c++) {
        if (strchr(")>]}", *c) && depth > 0 && !(*c == '>' && c[-1] == '-') && --depth == 0) {
            break;
        }
        if (depth == 1 && *c == ',') {
            n += any;
            any = dots = false;
        } else if (depth >= 1 && *c != ' ') {
            dots = *c == '.';
            any = true;
        }
        depth += strchr("(<[{", *c) != NULL;
    }
    return n + (any && !dots);
}

/*
 * clang leaves out unused parameters that are passed by invisible reference, in unoptimised code;
 * the places of all later ones would be wrong. The symbol's name has them if it is of C++.
 */
static bool has_all_parameters(const struct function_name *name, const struct dwarf_params *params)
{
    size_t n = 0;
    if (!name->parameters)
        return true;
    for (size_t i = 0; i < params->list.count; i++) {
        Dwarf_Die *die = &params->list.items[i].declared;
        n += !die_flag(die, DW_AT_artificial);
    }
    bool is_empty = strncmp(name->parameters, "(void)", 6) == 0;
    return n == (is_empty ? 0 : count_named(name->parameters));
}

static bool has_other_convention(Dwarf_Die *function, const struct function_context *context)
{
    uint64_t convention = DW_CC_normal;
    die_unsigned(function, DW_AT_calling_convention, &convention);
    return convention != DW_CC_normal || context->is_ms_abi;
}

void codegen_quirks_declared(struct codegen_quirks *quirks, Dwarf_Die *function,
                             const struct function_context *context,
                             const struct function_name *name)
{
    quirks->other_convention = has_other_convention(function, context);
    bool standard = context->is_c_family && !quirks->other_convention && !name->is_clone;
    quirks->abi_parameters = quirks->abi_result = standard;
}

void codegen_quirks_find(struct codegen_units *units, struct codegen_quirks *quirks,
                         Dwarf_Die *function, const struct function_context *context,
                         const struct function_name *name, bool is_local,
                         const struct dwarf_params *params)
{
    quirks->other_convention = has_other_convention(function, context);
    bool standard = context->is_c_family && !quirks->other_convention;
    /* clang removes unused parameters and results of functions with no other callers, and keeps the
       symbol's name. The same is assumed of unknown compilers. */
    bool may_be_changed = is_local && !context->is_gcc && !is_unoptimised(units, function, params);
    quirks->abi_parameters = standard && !name->is_clone && !may_be_changed &&
                             (context->is_gcc || has_all_parameters(name, params));
    quirks->abi_result = standard && !name->lost_result && !may_be_changed;
    quirks->may_lack_parameters = abi_passes_addresses() && !context->is_gcc && !name->parameters &&
                                  !describes_all_calls(function);
    quirks->may_be_missing = context->has_optional_args;
    quirks->abi.splits_int128 = context->is_old_llvm;
}
