/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "analysis/babeltrace/layouts.h"

static const bt_field *borrow_member(const bt_field *structure, const struct member *member)
{
    return structure && member->index >= 0 ? bt_field_structure_borrow_member_field_by_index_const(
                                                 structure, (uint64_t)member->index)
                                           : NULL;
}

static uint64_t double_bits(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

uint64_t member_value(const bt_field *structure, const struct member *member)
{
    const bt_field *field = borrow_member(structure, member);
    if (!field)
        return 0;
    switch (member->reader) {
    case READ_UNSIGNED:
        return bt_field_integer_unsigned_get_value(field);
    case READ_SIGNED:
        return (uint64_t)bt_field_integer_signed_get_value(field);
    case READ_BOOL:
        return bt_field_bool_get_value(field) ? 1 : 0;
    case READ_FLOAT:
        return double_bits((double)bt_field_real_single_precision_get_value(field));
    case READ_DOUBLE:
        return double_bits(bt_field_real_double_precision_get_value(field));
    case READ_TEXT:
        return 0;
    }
    return 0;
}

const char *member_text(const bt_field *structure, const struct member *member)
{
    const bt_field *field = borrow_member(structure, member);
    /* libbabeltrace2 uses fields again and again, and does not write the NUL of an empty string. */
    return field && member->reader == READ_TEXT && bt_field_string_get_length(field) > 0
               ? bt_field_string_get_value(field)
               : "";
}
