/* SPDX-License-Identifier: MIT */
#include "symbols/types/ctype.h"

#include <dwarf.h>
#include <errno.h>
#include <string.h>

#include "symbols/abi/abi.h"
#include "symbols/dwarf/dwarf_read.h"
#include "symbols/dwarf/function_context.h"
#include "symbols/types/ctype_internal.h"
#include "util/arena.h"
#include "util/table.h"
#include "util/vec.h"

static void layout_add_type(struct layout *layout, Dwarf_Die *type, uint64_t offset,
                            const char *name, bool shown, unsigned depth)
{
    Dwarf_Die die = *type;
    if (depth > LAYOUT_DEPTH_MAX || ++layout->visits > LAYOUT_VISITS_MAX || !die_strip(&die)) {
        layout->unknown = true;
        return;
    }
    switch (dwarf_tag(&die)) {
    case DW_TAG_base_type:
        layout_add_base_type(layout, &die, offset, name, shown);
        break;
    case DW_TAG_pointer_type:
    case DW_TAG_reference_type:
    case DW_TAG_rvalue_reference_type:
        layout_add_pointer(layout, &die, offset, name, shown);
        break;
    case DW_TAG_unspecified_type:
        /* decltype(nullptr). GCC passes it like a pointer (psABI, "C++"). clang passes a structure
           with one in memory, and miscounts the registers if a parameter has this type. */
        if (layout->context->is_cxx && layout->context->is_gcc)
            layout_add_pointer(layout, &die, offset, name, shown);
        else
            layout->unknown = true;
        break;
    case DW_TAG_ptr_to_member_type:
        layout_add_member_pointer(layout, &die, offset, name, shown);
        break;
    case DW_TAG_enumeration_type:
        layout_add_enum(layout, &die, offset, name, shown);
        break;
    case DW_TAG_structure_type:
    case DW_TAG_class_type:
    case DW_TAG_union_type:
        layout_add_members(layout, &die, offset, name, shown, depth);
        break;
    case DW_TAG_array_type:
        layout_add_array(layout, &die, offset, name, shown, depth);
        break;
    default:
        layout->unknown = true;
        break;
    }
}

/* ---- resolving ---- */

static enum abi_shape type_shape(Dwarf_Die *die)
{
    uint64_t encoding, size;
    switch (dwarf_tag(die)) {
    case DW_TAG_structure_type:
    case DW_TAG_class_type:
    case DW_TAG_union_type:
        return ABI_AGGREGATE;
    case DW_TAG_ptr_to_member_type:
        return ABI_AGGREGATE; /* passed like a structure of one or two words */
    case DW_TAG_array_type:
        return die_flag(die, DW_AT_GNU_vector) ? ABI_SCALAR : ABI_UNCLASSIFIED;
    case DW_TAG_base_type:
        if (die_unsigned(die, DW_AT_encoding, &encoding) && encoding == DW_ATE_complex_float)
            return ABI_COMPLEX;
        return die_size(die, &size) && size == 16 && encoding != DW_ATE_float &&
                       encoding != DW_ATE_decimal_float
                   ? ABI_INT128
                   : ABI_SCALAR;
    default:
        return ABI_SCALAR;
    }
}

static uint64_t size_of(Dwarf_Die *die, const struct layout *layout)
{
    uint64_t size;
    bool is_aggregate =
        type_shape(die) == ABI_AGGREGATE && dwarf_tag(die) != DW_TAG_ptr_to_member_type;
    if (is_aggregate)
        return die_size(die, &size) ? size : 0;
    size = 0;
    for (size_t i = 0; i < layout->parts.count; i++)
        size += layout->parts.items[i].size;
    return size;
}

/* Copies the scalars to the type. */
static int store_scalars(const struct layout *layout, struct c_type *type)
{
    struct c_scalar *scalars =
        arena_array(layout->types->arena, layout->scalars.count, sizeof(*scalars));
    if (!scalars)
        return -ENOMEM;
    if (layout->scalars.count)
        memcpy(scalars, layout->scalars.items, layout->scalars.count * sizeof(*scalars));
    type->n_scalars = layout->scalars.count;
    type->scalars = scalars;
    type->incomplete = layout->incomplete || layout->unknown;
    return 0;
}

static int finish(struct layout *layout, Dwarf_Die *die, struct c_type *type)
{
    if (layout->no_memory)
        return -ENOMEM;
    bool is_sure = layout->certainly_indirect || layout->certainly_direct;
    bool is_uncertain = layout->passing_unknown && !is_sure;
    type->abi.shape = layout->unknown                                 ? ABI_UNCLASSIFIED
                      : is_uncertain                                  ? ABI_AGGREGATE
                      : layout->indirect && !layout->certainly_direct ? ABI_INDIRECT
                                                                      : type_shape(die);
    type->abi.uncertain = is_uncertain && !layout->unknown ? ABI_MAY_BE_INDIRECT : 0;
    int r = store_scalars(layout, type);
    if (r < 0 || type->abi.shape == ABI_UNCLASSIFIED)
        return r;
    type->abi.size = size_of(die, layout);
    /* A size, but no members: GCC omits the members of some transparent unions. An empty class of
       C++ has one byte. */
    if (layout->parts.count == 0 && type->abi.size > 1 && type->abi.size <= 64 &&
        type->abi.shape == ABI_AGGREGATE) {
        type->abi.shape = ABI_UNCLASSIFIED;
        type->abi.uncertain = 0;
        return 0;
    }
    type->abi.align = layout->align;
    /* Debug information does not tell whether a structure is packed. One with padding is not. */
    if (type->abi.shape == ABI_AGGREGATE && !layout->align_stated) {
        type->abi.uncertain |= layout->filled >= type->abi.size ? ABI_MAY_BE_PACKED : 0;
        type->abi.uncertain |= layout->context->has_alignment_attr ? 0 : ABI_MAY_BE_ALIGNED;
    }
    if (type->abi.shape == ABI_AGGREGATE) {
        bool is_unsure = layout->natural_align_unsure ||
                         (layout->align_stated && layout->filled >= type->abi.size);
        type->abi.natural_align = layout->natural_align;
        type->abi.uncertain |= is_unsure ? ABI_NATURAL_ALIGN_UNSURE : 0;
    }

    struct abi_part *parts = arena_array(layout->types->arena, layout->parts.count, sizeof(*parts));
    if (!parts)
        return -ENOMEM;
    if (layout->parts.count)
        memcpy(parts, layout->parts.items, layout->parts.count * sizeof(*parts));
    type->abi.n_parts = layout->parts.count;
    type->abi.parts = parts;
    return 0;
}

int c_types_resolve(struct c_types *types, const struct function_context *context,
                    Dwarf_Die *type_die, const struct c_type **result)
{
    static const struct c_type nothing = {.abi = {.shape = ABI_VOID}};
    static const struct c_type unknown = {.abi = {.shape = ABI_UNCLASSIFIED}};
    *result = &nothing;
    if (!type_die)
        return 0;
    Dwarf_Die die = *type_die;
    if (!die_strip(&die)) {
        /* `const void` and typedefs of void end without a type; damaged chains do not end. */
        if (!die.addr)
            return 0;
        *result = &unknown;
        return 0;
    }
    uint64_t key = layout_type_key(context, &die);
    const struct c_type *known = table_get(&types->by_die, key);
    if (known) {
        *result = known;
        return 0;
    }

    struct c_type *type = arena_alloc(types->arena, sizeof(*type));
    if (!type)
        return -ENOMEM;
    struct layout layout = {.types = types,
                            .context = context,
                            .add_type = layout_add_type,
                            .resolve = c_types_resolve,
                            .align = 1,
                            .natural_align = 1};
    types->nesting++;
    layout_add_type(&layout, &die, 0, NULL, true, 0);
    types->nesting--;
    int r = finish(&layout, &die, type);
    vec_free(&layout.parts);
    vec_free(&layout.scalars);
    if (r == 0)
        r = table_put(&types->by_die, key, type);
    *result = type;
    return r;
}

void c_types_free(struct c_types *types)
{
    table_free(&types->by_die);
}
