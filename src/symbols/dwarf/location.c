/* SPDX-License-Identifier: MIT */
#include "symbols/dwarf/location.h"

#include <dwarf.h>
#include <string.h>

#include "symbols/abi/abi.h"

/* Whether the location is exactly one register. */
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

/* Whether it is the value of a register at the function's entry (DWARF 5, 2.5.1.7). */
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

/*
 * The distance from the frame base to the stack arguments. The frame base may be the call frame
 * address, at which they start, or the frame pointer. DWARF 2 has no operation for the call frame
 * address: a location list gives it by register (DWARF 2, 2.4.3.3), at the entry by the stack
 * pointer.
 */
static bool frame_base_offset(Dwarf_Die *function, uint64_t entry, int64_t *offset)
{
    uint64_t number;
    *offset = 0;
    Dwarf_Attribute attr;
    Dwarf_Op *ops;
    size_t n;
    return dwarf_attr_integrate(function, DW_AT_frame_base, &attr) &&
           dwarf_getlocation_addr(&attr, entry, &ops, &n, 1) == 1 && n == 1 &&
           (ops[0].atom == DW_OP_call_frame_cfa ||
            (ops[0].atom >= DW_OP_breg0 && ops[0].atom <= DW_OP_breg31 &&
             abi_frame_address(ops[0].atom - DW_OP_breg0, (int64_t)ops[0].number)) ||
            (is_register(ops, n, &number) && abi_frame_pointer(number, offset)));
}

/* The place that the operations ops[0..n) give for a piece or for the whole. ABI_NOWHERE: not
   known. */
static struct abi_location place_of_register(Dwarf_Attribute *attr, const Dwarf_Op *ops, size_t n,
                                             Dwarf_Die *function, uint64_t entry)
{
    static const struct abi_location nowhere;
    struct abi_location at = {.where = ABI_WHOLE};
    uint64_t number;
    if (is_register(ops, n, &number) || is_entry_value(attr, ops, n, &number))
        return abi_argument_register(number, &at.place) ? at : nowhere;
    /* In memory, at an address in an argument register. */
    if (n == 1 && ops[0].atom >= DW_OP_breg0 && ops[0].atom <= DW_OP_breg31 &&
        abi_argument_register(ops[0].atom - DW_OP_breg0, &at.place) &&
        at.place.kind == PLACE_INTEGER_ARG && (int64_t)ops[0].number >= 0 &&
        (int64_t)ops[0].number < INT32_MAX) {
        at.where = ABI_ADDRESS;
        at.beyond = (int32_t)ops[0].number;
        return at;
    }
    /* Below the call frame address are places that the function has not written yet. */
    int64_t offset, start;
    if (n < 1 || n > 2 || ops[0].atom != DW_OP_fbreg || (n == 2 && ops[1].atom != DW_OP_deref) ||
        !frame_base_offset(function, entry, &start))
        return nowhere;
    offset = (int64_t)ops[0].number;
    if (offset < start || offset >= INT32_MAX)
        return nowhere;
    at.where = n == 2 ? ABI_ADDRESS : ABI_WHOLE;
    at.place = (struct value_place){.kind = PLACE_STACK_ARG, .offset = (int32_t)(offset - start)};
    return at;
}

/* Reads a value in two registers (DWARF 5, 2.6.1.2): eight bytes in the first, the rest in the
   second. Values in more pieces are not supported. */
static bool read_pieces(Dwarf_Attribute *attr, const Dwarf_Op *ops, size_t n, Dwarf_Die *function,
                        uint64_t entry, struct abi_location *at)
{
    struct abi_location places[2] = {{0}};
    size_t begin = 0, n_pieces = 0;
    for (size_t i = 0; i < n; i++) {
        if (ops[i].atom != DW_OP_piece)
            continue;
        if (n_pieces == 2 || ops[i].number > 8 || (n_pieces == 0 && ops[i].number != 8))
            return false;
        places[n_pieces] = place_of_register(attr, ops + begin, i - begin, function, entry);
        if (places[n_pieces].where == ABI_ADDRESS || places[n_pieces].place.kind == PLACE_STACK_ARG)
            return false;
        n_pieces++;
        begin = i + 1;
    }
    if (n_pieces != 2 || begin != n)
        return false;
    *at = (struct abi_location){
        .where = ABI_PIECES, .place = places[0].place, .second = places[1].place};
    return true;
}

/* Whether it is one expression for the whole function, not a location list. */
static bool is_whole_function(Dwarf_Attribute *attr)
{
    switch (dwarf_whatform(attr)) {
    case DW_FORM_exprloc:
    case DW_FORM_block1:
    case DW_FORM_block2:
    case DW_FORM_block4:
    case DW_FORM_block:
        return true;
    default:
        return false;
    }
}

/* Whether it uses registers only as they were at the entry. */
static bool uses_entry_values(const Dwarf_Op *ops, size_t n)
{
    bool any = false;
    for (size_t i = 0; i < n; i++) {
        if (ops[i].atom >= DW_OP_reg0 && ops[i].atom <= DW_OP_breg31)
            return false;
        if (ops[i].atom == DW_OP_regx || ops[i].atom == DW_OP_fbreg)
            return false;
        any |= ops[i].atom == DW_OP_entry_value || ops[i].atom == DW_OP_GNU_entry_value;
    }
    return any;
}

/* Records where a parameter is whose location is for the whole function, but not a place of
   arguments. */
static void record_other_place(const Dwarf_Op *ops, size_t n, struct location_claim *claim)
{
    struct value_place place;
    claim->is_in_own_frame = n == 1 && ops[0].atom == DW_OP_fbreg && (int64_t)ops[0].number < 0;
    for (size_t i = 0; i < n; i++) {
        bool is_behind = ops[i].atom >= DW_OP_breg0 && ops[i].atom <= DW_OP_breg31;
        uint64_t number = is_behind ? ops[i].atom - DW_OP_breg0 : 0;
        if ((!is_behind && !is_register(&ops[i], 1, &number)) || abi_frame_register(number) ||
            abi_argument_register(number, &place))
            continue;
        /* A frame of AddressSanitizer, which is below the address in the register. An argument
           passed by address starts at the address. */
        if (is_behind && (int64_t)ops[i].number < 0)
            continue;
        claim->is_elsewhere = true;
        claim->is_behind |= is_behind;
    }
}

void location_at_entry(Dwarf_Die *parameter, Dwarf_Die *function, uint64_t entry,
                       struct location_claim *claim)
{
    memset(claim, 0, sizeof(*claim));
    Dwarf_Attribute attr;
    Dwarf_Op *ops;
    size_t n;
    if (!dwarf_attr(parameter, DW_AT_location, &attr) ||
        dwarf_getlocation_addr(&attr, entry, &ops, &n, 1) != 1 || n == 0)
        return;
    claim->is_whole_function = is_whole_function(&attr) && !uses_entry_values(ops, n);
    if (ops[n - 1].atom == DW_OP_piece) {
        if (!read_pieces(&attr, ops, n, function, entry, &claim->at))
            memset(&claim->at, 0, sizeof(claim->at));
    } else {
        claim->at = place_of_register(&attr, ops, n, function, entry);
    }
    if (claim->is_whole_function && claim->at.where == ABI_NOWHERE)
        record_other_place(ops, n, claim);
}

bool location_is_in_frame(Dwarf_Die *parameter)
{
    Dwarf_Attribute attr;
    Dwarf_Op *ops;
    size_t n;
    return dwarf_attr(parameter, DW_AT_location, &attr) && is_whole_function(&attr) &&
           dwarf_getlocation(&attr, &ops, &n) == 0 && n >= 1 &&
           (ops[0].atom == DW_OP_fbreg ||
            (ops[0].atom >= DW_OP_breg0 && ops[0].atom <= DW_OP_breg31));
}

enum location_form location_form(Dwarf_Die *parameter)
{
    Dwarf_Attribute attr;
    Dwarf_Op *ops;
    size_t n;
    if (!location_is_in_frame(parameter) || !dwarf_attr(parameter, DW_AT_location, &attr) ||
        dwarf_getlocation(&attr, &ops, &n) != 0 || ops[0].atom != DW_OP_fbreg)
        return LOCATION_OTHER;
    if (n == 2 && ops[1].atom == DW_OP_deref)
        return LOCATION_BEHIND_ADDRESS;
    return n == 1 ? LOCATION_IN_FRAME : LOCATION_OTHER;
}
