/* SPDX-License-Identifier: MIT */
#include "analysis/babeltrace/class_fields.h"

#include <errno.h>
#include <string.h>

#include "model/probe.h"

static bool reader_of(const bt_field_class *field_class, enum field_reader *reader)
{
    bt_field_class_type type = bt_field_class_get_type(field_class);
    if (bt_field_class_type_is(type, BT_FIELD_CLASS_TYPE_UNSIGNED_INTEGER))
        *reader = READ_UNSIGNED;
    else if (bt_field_class_type_is(type, BT_FIELD_CLASS_TYPE_SIGNED_INTEGER))
        *reader = READ_SIGNED;
    else if (type == BT_FIELD_CLASS_TYPE_BOOL)
        *reader = READ_BOOL;
    else if (type == BT_FIELD_CLASS_TYPE_SINGLE_PRECISION_REAL)
        *reader = READ_FLOAT;
    else if (type == BT_FIELD_CLASS_TYPE_DOUBLE_PRECISION_REAL)
        *reader = READ_DOUBLE;
    else if (type == BT_FIELD_CLASS_TYPE_STRING)
        *reader = READ_TEXT;
    else
        return false;
    return true;
}

struct member class_member(const bt_field_class *structure, const char *name)
{
    struct member member = {.index = -1};
    uint64_t n = structure ? bt_field_class_structure_get_member_count(structure) : 0;
    for (uint64_t i = 0; i < n && i < INT16_MAX; i++) {
        const bt_field_class_structure_member *at =
            bt_field_class_structure_borrow_member_by_index_const(structure, i);
        if (strcmp(bt_field_class_structure_member_get_name(at), name) != 0)
            continue;
        if (reader_of(bt_field_class_structure_member_borrow_field_class_const(at), &member.reader))
            member.index = (int)i;
        break;
    }
    return member;
}

/* The label of mapping number i, and its value if that is a single one. NULL: it is a range. */
static const char *label_of(const bt_field_class *field_class, bool is_signed, uint64_t i,
                            uint64_t *value)
{
    if (is_signed) {
        const bt_field_class_enumeration_signed_mapping *mapping =
            bt_field_class_enumeration_signed_borrow_mapping_by_index_const(field_class, i);
        const bt_integer_range_set_signed *ranges =
            bt_field_class_enumeration_signed_mapping_borrow_ranges_const(mapping);
        const bt_integer_range_signed *range =
            bt_integer_range_set_signed_borrow_range_by_index_const(ranges, 0);
        *value = (uint64_t)bt_integer_range_signed_get_lower(range);
        return bt_integer_range_signed_get_upper(range) == (int64_t)*value
                   ? bt_field_class_enumeration_mapping_get_label(
                         bt_field_class_enumeration_signed_mapping_as_mapping_const(mapping))
                   : NULL;
    }
    const bt_field_class_enumeration_unsigned_mapping *mapping =
        bt_field_class_enumeration_unsigned_borrow_mapping_by_index_const(field_class, i);
    const bt_integer_range_set_unsigned *ranges =
        bt_field_class_enumeration_unsigned_mapping_borrow_ranges_const(mapping);
    const bt_integer_range_unsigned *range =
        bt_integer_range_set_unsigned_borrow_range_by_index_const(ranges, 0);
    *value = bt_integer_range_unsigned_get_lower(range);
    return bt_integer_range_unsigned_get_upper(range) == *value
               ? bt_field_class_enumeration_mapping_get_label(
                     bt_field_class_enumeration_unsigned_mapping_as_mapping_const(mapping))
               : NULL;
}

static struct enum_type *class_labels(struct arena *arena, const bt_field_class *field_class,
                                      bool is_signed)
{
    uint64_t n = bt_field_class_enumeration_get_mapping_count(field_class);
    struct enum_type *type = arena_alloc(arena, sizeof(*type));
    struct enum_label *labels = arena_array(arena, n, sizeof(*labels));
    if (!type || !labels)
        return NULL;
    for (uint64_t i = 0; i < n; i++) {
        struct enum_label *label = &labels[type->n_labels];
        const char *name = label_of(field_class, is_signed, i, &label->value);
        label->name = name ? arena_strdup(arena, name) : NULL;
        if (name && !label->name)
            return NULL;
        type->n_labels += name != NULL;
    }
    type->labels = labels;
    return type;
}

static int describe_integer(struct arena *arena, const bt_field_class *field_class,
                            struct field *field)
{
    bt_field_class_type type = bt_field_class_get_type(field_class);
    uint64_t bits = bt_field_class_integer_get_field_value_range(field_class);
    field->size = bits <= 8 ? 1 : bits <= 16 ? 2 : bits <= 32 ? 4 : 8;
    field->is_signed = bt_field_class_type_is(type, BT_FIELD_CLASS_TYPE_SIGNED_INTEGER);
    if (bt_field_class_type_is(type, BT_FIELD_CLASS_TYPE_ENUMERATION)) {
        field->kind = VALUE_ENUM;
        field->enumeration = class_labels(arena, field_class, field->is_signed);
        return field->enumeration ? 0 : -ENOMEM;
    }
    bool is_hex = bt_field_class_integer_get_preferred_display_base(field_class) ==
                  BT_FIELD_CLASS_INTEGER_PREFERRED_DISPLAY_BASE_HEXADECIMAL;
    field->kind = is_hex && field->size == 8 ? VALUE_POINTER : is_hex ? VALUE_WORD : VALUE_INTEGER;
    return 0;
}

static int describe_field(struct arena *arena, const char *name, const bt_field_class *field_class,
                          enum field_reader reader, struct field *field)
{
    field->name = arena_strdup(arena, name);
    if (!field->name)
        return -ENOMEM;
    switch (reader) {
    case READ_UNSIGNED:
    case READ_SIGNED:
        return describe_integer(arena, field_class, field);
    case READ_BOOL:
        field->kind = VALUE_BOOL;
        field->size = 1;
        break;
    case READ_FLOAT:
    case READ_DOUBLE:
        field->kind = VALUE_FLOAT;
        field->size = reader == READ_FLOAT ? sizeof(float) : sizeof(double);
        break;
    case READ_TEXT:
        field->kind = VALUE_STRING;
        field->size = sizeof(uint64_t);
        break;
    }
    return 0;
}

int class_fields(struct arena *arena, const bt_field_class *payload, struct field **result,
                 struct member **result_members, size_t *n)
{
    uint64_t count = payload ? bt_field_class_structure_get_member_count(payload) : 0;
    size_t most = count < PROBE_FIELDS_MAX ? count : PROBE_FIELDS_MAX;
    struct field *fields = arena_array(arena, most, sizeof(*fields));
    struct member *members = arena_array(arena, most, sizeof(*members));
    if (!fields || !members)
        return -ENOMEM;
    *n = 0;
    for (uint64_t i = 0; i < count && i < INT16_MAX && *n < most; i++) {
        const bt_field_class_structure_member *at =
            bt_field_class_structure_borrow_member_by_index_const(payload, i);
        const bt_field_class *field_class =
            bt_field_class_structure_member_borrow_field_class_const(at);
        struct member member = {.index = (int)i};
        if (!reader_of(field_class, &member.reader))
            continue;
        if (describe_field(arena, bt_field_class_structure_member_get_name(at), field_class,
                           member.reader, &fields[*n]) < 0)
            return -ENOMEM;
        members[(*n)++] = member;
    }
    *result = fields;
    *result_members = members;
    return 0;
}
