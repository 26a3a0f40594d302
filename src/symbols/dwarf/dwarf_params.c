/* SPDX-License-Identifier: MIT */
#include "symbols/dwarf/dwarf_params.h"

#include <dwarf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/dwarf/dwarf_read.h"

/* The C standards require compilers to support 127. */
enum { PARAMETERS_MAX = 256 };

static int collect_params(Dwarf_Die *parent, struct dwarf_params *params, unsigned depth)
{
    Dwarf_Die child;
    if (dwarf_child(parent, &child) != 0)
        return 0;
    do {
        int tag = dwarf_tag(&child);
        if (tag == DW_TAG_unspecified_parameters)
            params->variadic = true;
        /* The parameters of a C++ parameter pack are its children. */
        if (tag == DW_TAG_GNU_formal_parameter_pack && depth == 0) {
            int r = collect_params(&child, params, 1);
            if (r < 0)
                return r;
        }
        if (tag != DW_TAG_formal_parameter || params->list.count == PARAMETERS_MAX)
            continue;
        struct dwarf_param *param = vec_push(&params->list);
        if (!param)
            return -ENOMEM;
        param->declared = child;
        param->actual = child;
    } while (die_next(&child));
    return 0;
}

/* `this` is artificial, but always passed. __in_chrg of an abstract constructor is not passed to
   the concrete ones. */
static bool is_passed(Dwarf_Die *declared)
{
    const char *name = dwarf_diename(declared);
    return !die_flag(declared, DW_AT_artificial) || !name || strcmp(name, "__in_chrg") != 0;
}

bool dwarf_param_is_vtt(Dwarf_Die *declared)
{
    const char *name = dwarf_diename(declared);
    return name && die_flag(declared, DW_AT_artificial) &&
           (strcmp(name, "__vtt_parm") == 0 || strcmp(name, "vtt") == 0);
}

/*
 * An inherited constructor with a virtual base, called for a base subobject, gets only `this` and
 * the VTT: GCC omits the other parameters, as the virtual base is constructed elsewhere (Itanium
 * C++ ABI, 5.1.4.3, "CI2").
 */
static void mark_inherited(struct dwarf_params *params)
{
    bool is_for_part = false;
    for (size_t i = 0; i < params->list.count; i++) {
        struct dwarf_param *param = &params->list.items[i];
        param->may_be_missing = is_for_part && !param->actual.addr;
        is_for_part |= param->actual.addr && dwarf_param_is_vtt(&param->declared);
    }
}

/*
 * The concrete function refers to the parameters of the abstract one (DWARF 5, 3.3.8.2), possibly
 * in another order (GCC puts removed ones last) and possibly not to all (clang omits those that it
 * lost track of). The abstract function has them in source order.
 */
static int merge_abstract(struct dwarf_params *params, Dwarf_Die *abstract)
{
    struct dwarf_params declared = {0};
    int r = collect_params(abstract, &declared, 0);
    bool all_known = declared.list.count > 0;
    for (size_t i = 0; i < params->list.count && all_known; i++) {
        Dwarf_Die origin;
        bool known = false;
        if (die_abstract_origin(&params->list.items[i].actual, &origin))
            for (size_t k = 0; k < declared.list.count; k++)
                known |= declared.list.items[k].declared.addr == origin.addr;
        all_known = known;
    }
    if (r < 0 || !all_known) {
        vec_free(&declared.list);
        return r;
    }

    size_t kept = 0;
    for (size_t k = 0; k < declared.list.count; k++) {
        struct dwarf_param param = declared.list.items[k];
        param.actual.addr = NULL;
        for (size_t i = 0; i < params->list.count; i++) {
            Dwarf_Die origin;
            if (die_abstract_origin(&params->list.items[i].actual, &origin) &&
                origin.addr == param.declared.addr)
                param.actual = params->list.items[i].actual;
        }
        if (!is_passed(&param.declared) ||
            (!param.actual.addr && dwarf_param_is_vtt(&param.declared)))
            continue;
        declared.list.items[kept++] = param;
    }
    declared.list.count = kept;
    mark_inherited(&declared);
    declared.variadic |= params->variadic;
    vec_free(&params->list);
    *params = declared;
    return 0;
}

int dwarf_params_collect(Dwarf_Die *function, struct dwarf_params *params)
{
    int r = collect_params(function, params, 0);
    Dwarf_Die abstract;
    if (r == 0 && die_abstract_origin(function, &abstract))
        r = merge_abstract(params, &abstract);
    return r;
}

void dwarf_params_free(struct dwarf_params *params)
{
    vec_free(&params->list);
}
