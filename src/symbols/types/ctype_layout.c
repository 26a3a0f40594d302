/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "model/probe.h"
#include "symbols/abi/abi.h"
#include "symbols/dwarf/function_context.h"
#include "symbols/types/ctype.h"
#include "symbols/types/ctype_internal.h"
#include "util/arena.h"
#include "util/table.h"
#include "util/vec.h"

void layout_add_part(struct layout *layout, uint64_t offset, uint64_t size, enum abi_part_kind kind,
                     uint64_t align)
{
    /* A packed member does not align the whole. */
    if (align > layout->align && offset % align == 0)
        layout->align = align;
    if (align > layout->natural_align && offset % align == 0)
        layout->natural_align = align;
    layout->filled += size;
    /* A value of more than 64 bytes is not passed in registers. */
    if (offset >= 64 || size == 0)
        return;
    for (size_t i = 0; i < layout->parts.count; i++) {
        const struct abi_part *part = &layout->parts.items[i];
        if (part->offset == offset && part->size == size && part->kind == kind)
            return;
    }
    if (layout->parts.count == ABI_PARTS_MAX) {
        layout->unknown = true;
        return;
    }
    struct abi_part *part = vec_push(&layout->parts);
    if (part)
        *part = (struct abi_part){offset, size, kind};
    else
        layout->no_memory = true;
}

struct c_scalar *layout_add_scalar(struct layout *layout, uint64_t offset, const char *name,
                                   enum value_kind kind, uint64_t size)
{
    if (layout->scalars.count == LAYOUT_SCALARS_MAX) {
        layout->incomplete = true;
        return NULL;
    }
    struct c_scalar *scalar = vec_push(&layout->scalars);
    if (scalar)
        *scalar =
            (struct c_scalar){.name = name, .offset = offset, .kind = kind, .size = (uint16_t)size};
    else
        layout->no_memory = true;
    return scalar;
}

const char *layout_member_name(struct layout *layout, const char *outer, const char *name)
{
    if (!outer || !*outer)
        return name;
    if (!name || !*name)
        return outer;
    const char *joined = arena_format(layout->types->arena, "%s_%s", outer, name);
    if (!joined)
        layout->no_memory = true;
    return joined ? joined : "";
}

const char *layout_element_name(struct layout *layout, const char *name, uint64_t i)
{
    char number[24];
    snprintf(number, sizeof(number), "%llu", (unsigned long long)i);
    if (name && *name)
        return layout_member_name(layout, name, number);
    const char *copy = arena_strdup(layout->types->arena, number);
    layout->no_memory |= !copy;
    return copy;
}

void layout_show_type(struct layout *layout, Dwarf_Die *type, uint64_t offset, const char *name,
                      unsigned depth)
{
    size_t parts = layout->parts.count;
    uint64_t align = layout->align, natural = layout->natural_align, filled = layout->filled;
    layout->add_type(layout, type, offset, name, true, depth);
    layout->parts.count = parts;
    layout->align = align;
    layout->natural_align = natural;
    layout->filled = filled;
}

/* Units of several languages may share the type (dwz(1)), and may pass it in different ways. */
uint64_t layout_type_key(const struct function_context *context, const Dwarf_Die *die)
{
    return (uint64_t)(uintptr_t)die->addr << 8 | function_context_layout(context);
}

const struct c_type *layout_resolved_type(const struct layout *layout, const Dwarf_Die *die)
{
    return table_get(&layout->types->by_die, layout_type_key(layout->context, die));
}
