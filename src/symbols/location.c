#include "symbols/location.h"

#include <dwarf.h>
#include <string.h>

#include "symbols/abi.h"

/* The register of a location that is one register and no more. */
static bool is_register(const Dwarf_Op *ops, size_t n, uint64_t *number)
{
    if (n != 1)
        return false;
    if (ops[0].atom >= DW_OP_reg0 && ops[0].atom <= DW_OP_reg31) {
        *number = ops[0].atom - DW_OP_reg0;
        return true;
    }
    if (ops[0].atom == DW_OP_regx) {
        *number = ops[0].number;
        return true;
    }
    return false;
}

/* "The value that this register had on entry" (DWARF 5, 2.5.1.7), as the value itself. */
static bool is_entry_value(Dwarf_Attribute *attr, const Dwarf_Op *ops, size_t n, uint64_t *number)
{
    if (n != 2 || ops[1].atom != DW_OP_stack_value ||
        (ops[0].atom != DW_OP_entry_value && ops[0].atom != DW_OP_GNU_entry_value))
        return false;
    Dwarf_Attribute inner_attr;
    Dwarf_Op *inner;
    size_t n_inner;
    return dwarf_getlocation_attr(attr, &ops[0], &inner_attr) == 0 &&
           dwarf_getlocation(&inner_attr, &inner, &n_inner) == 0 &&
           is_register(inner, n_inner, number);
}

/* Whether the frame base is the call frame address, which is where the stack arguments start. */
static bool frame_base_is_cfa(Dwarf_Die *function)
{
    Dwarf_Attribute attr;
    Dwarf_Op *ops;
    size_t n;
    return dwarf_attr_integrate(function, DW_AT_frame_base, &attr) &&
           dwarf_getlocation(&attr, &ops, &n) == 0 && n == 1 && ops[0].atom == DW_OP_call_frame_cfa;
}

void location_at_entry(Dwarf_Die *parameter, Dwarf_Die *function, uint64_t entry,
                       struct value_place *place)
{
    memset(place, 0, sizeof(*place));
    Dwarf_Attribute attr;
    Dwarf_Op *ops;
    size_t n;
    uint64_t number;
    if (!dwarf_attr(parameter, DW_AT_location, &attr) ||
        dwarf_getlocation_addr(&attr, entry, &ops, &n, 1) != 1)
        return;
    if (is_register(ops, n, &number) || is_entry_value(&attr, ops, n, &number)) {
        if (!abi_argument_register(number, place))
            memset(place, 0, sizeof(*place));
        return;
    }
    /* Below the call frame address lies what the function has yet to store. */
    int64_t offset = n == 1 ? (int64_t)ops[0].number : -1;
    if (n == 1 && ops[0].atom == DW_OP_fbreg && offset >= 0 && offset < INT32_MAX &&
        frame_base_is_cfa(function))
        *place = (struct value_place){.kind = PLACE_STACK_ARG, .offset = (int32_t)offset};
}

bool location_is_in_frame(Dwarf_Die *parameter)
{
    Dwarf_Attribute attr;
    Dwarf_Op *ops;
    size_t n;
    if (!dwarf_attr(parameter, DW_AT_location, &attr))
        return false;
    unsigned form = dwarf_whatform(&attr);
    if (form != DW_FORM_exprloc && form != DW_FORM_block1 && form != DW_FORM_block)
        return false; /* a list: other places at other times */
    return dwarf_getlocation(&attr, &ops, &n) == 0 && n >= 1 &&
           (ops[0].atom == DW_OP_fbreg ||
            (ops[0].atom >= DW_OP_breg0 && ops[0].atom <= DW_OP_breg31));
}
