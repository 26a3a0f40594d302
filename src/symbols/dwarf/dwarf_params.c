/* SPDX-License-Identifier: MIT */
#include "symbols/dwarf/dwarf_params.h"

#include <dwarf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/dwarf/dwarf_read.h"

/* More parameters than the C standards ask compilers for (127). */
enum { PARAMETERS_MAX = 256 };

static int collect_params(Dwarf_Die *parent, struct dwarf_params *formals, unsigned depth)
{
    Dwarf_Die child;
    if (dwarf_child(parent, &child) != 0)
        return 0;
    do {
        int tag = dwarf_tag(&child);
        if (tag == DW_TAG_unspecified_parameters)
            formals->variadic = true;
        /* The parameters of a C++ parameter pack stand below it. */
        if (tag == DW_TAG_GNU_formal_parameter_pack && depth == 0) {
            int r = collect_params(&child, formals, 1);
            if (r < 0)
                return r;
        }
        if (tag != DW_TAG_formal_parameter || formals->list.count == PARAMETERS_MAX)
            continue;
        struct dwarf_param *formal = vec_push(&formals->list);
        if (!formal)
            return -ENOMEM;
        formal->declared = child;
        formal->actual = child;
    } while (die_next(&child));
    return 0;
}

/* `this` is declared by the compiler and passed for sure; __in_chrg of an abstract constructor is
   not passed to the real ones. */
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
 * An inherited constructor of a virtual base, run for a part of an object, gets no more than `this`
 * and the table of virtual tables: GCC leaves out the other parameters, as the base is constructed
 * elsewhere (Itanium C++ ABI, 5.1.4.3, "CI2").
 */
static void doubt_inherited(struct dwarf_params *formals)
{
    bool is_for_part = false;
    for (size_t i = 0; i < formals->list.count; i++) {
        struct dwarf_param *formal = &formals->list.items[i];
        formal->may_be_absent = is_for_part && !formal->actual.addr;
        is_for_part |= formal->actual.addr && dwarf_param_is_vtt(&formal->declared);
    }
}

/*
 * The function with code names its parameters by reference to the abstract one (DWARF 5, 3.3.8.2),
 * possibly in another order (GCC puts removed ones last) and possibly not all of them (clang leaves
 * out those it has lost track of). The abstract one has them as the source does.
 */
static int merge_abstract(struct dwarf_params *formals, Dwarf_Die *abstract)
{
    struct dwarf_params declared = {0};
    int r = collect_params(abstract, &declared, 0);
    bool all_known = declared.list.count > 0;
    for (size_t i = 0; i < formals->list.count && all_known; i++) {
        Dwarf_Die origin;
        bool known = false;
        if (die_abstract_origin(&formals->list.items[i].actual, &origin))
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
        struct dwarf_param formal = declared.list.items[k];
        formal.actual.addr = NULL;
        for (size_t i = 0; i < formals->list.count; i++) {
            Dwarf_Die origin;
            if (die_abstract_origin(&formals->list.items[i].actual, &origin) &&
                origin.addr == formal.declared.addr)
                formal.actual = formals->list.items[i].actual;
        }
        if (!is_passed(&formal.declared) ||
            (!formal.actual.addr && dwarf_param_is_vtt(&formal.declared)))
            continue;
        declared.list.items[kept++] = formal;
    }
    declared.list.count = kept;
    doubt_inherited(&declared);
    declared.variadic |= formals->variadic;
    vec_free(&formals->list);
    *formals = declared;
    return 0;
}

int dwarf_params_collect(Dwarf_Die *function, struct dwarf_params *formals)
{
    int r = collect_params(function, formals, 0);
    Dwarf_Die abstract;
    if (r == 0 && die_abstract_origin(function, &abstract))
        r = merge_abstract(formals, &abstract);
    return r;
}

void dwarf_params_free(struct dwarf_params *formals)
{
    vec_free(&formals->list);
}
