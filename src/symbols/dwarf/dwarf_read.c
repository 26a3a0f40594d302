/* SPDX-License-Identifier: MIT */
#include "symbols/dwarf/dwarf_read.h"

#include <dwarf.h>
#include <string.h>

bool die_unsigned(Dwarf_Die *die, unsigned attribute, uint64_t *value)
{
    Dwarf_Attribute attr;
    Dwarf_Word word;
    if (!dwarf_attr_integrate(die, attribute, &attr))
        return false;
    if (dwarf_formudata(&attr, &word) == 0) {
        *value = word;
        return true;
    }
    Dwarf_Op *ops;
    size_t n;
    if (attribute == DW_AT_data_member_location && dwarf_getlocation(&attr, &ops, &n) == 0 &&
        n == 1 && ops[0].atom == DW_OP_plus_uconst) {
        *value = ops[0].number;
        return true;
    }
    return false;
}

bool die_size(Dwarf_Die *die, uint64_t *size)
{
    return die_unsigned(die, DW_AT_byte_size, size);
}

bool die_flag(Dwarf_Die *die, unsigned attribute)
{
    Dwarf_Attribute attr;
    bool set;
    return dwarf_attr_integrate(die, attribute, &attr) && dwarf_formflag(&attr, &set) == 0 && set;
}

bool die_type(Dwarf_Die *die, Dwarf_Die *type)
{
    Dwarf_Attribute attr;
    Dwarf_Die found;
    if (!dwarf_attr_integrate(die, DW_AT_type, &attr) || !dwarf_formref_die(&attr, &found))
        return false;
    /* A declaration that refers to a type unit (DWARF 5, 3.1.4). */
    Dwarf_Die full;
    if (dwarf_hasattr(&found, DW_AT_signature) && dwarf_attr(&found, DW_AT_signature, &attr) &&
        dwarf_formref_die(&attr, &full))
        found = full;
    *type = found;
    return true;
}

bool die_abstract_origin(Dwarf_Die *die, Dwarf_Die *origin)
{
    Dwarf_Attribute attr;
    return dwarf_attr(die, DW_AT_abstract_origin, &attr) && dwarf_formref_die(&attr, origin);
}

bool die_next(Dwarf_Die *die)
{
    Dwarf_Die next;
    /* libdw does not check DW_AT_sibling: one that points backwards would cause an endless loop. */
    if (dwarf_siblingof(die, &next) != 0 || (uintptr_t)next.addr <= (uintptr_t)die->addr)
        return false;
    *die = next;
    return true;
}

bool die_strip(Dwarf_Die *die)
{
    enum { CHAIN_MAX = 64 };
    for (unsigned i = 0; i < CHAIN_MAX; i++) {
        switch (dwarf_tag(die)) {
        case DW_TAG_typedef:
        case DW_TAG_const_type:
        case DW_TAG_volatile_type:
        case DW_TAG_restrict_type:
        case DW_TAG_atomic_type:
        case DW_TAG_immutable_type:
        case DW_TAG_packed_type:
        case DW_TAG_shared_type:
            break;
        case DW_TAG_invalid:
            return false;
        default:
            return true;
        }
        if (!dwarf_hasattr(die, DW_AT_type)) {
            memset(die, 0, sizeof(*die));
            return false;
        }
        if (!die_type(die, die))
            return false;
    }
    return false;
}
