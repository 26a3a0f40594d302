/* SPDX-License-Identifier: MIT */
#include <dwarf.h>
#include <string.h>

#include "symbols/dwarf/dwarf_read.h"
#include "symbols/types/ctype_internal.h"

/* ---- characters ---- */

/* Character types that are typedefs of integers in C, and types of their own in C++. */
static uint32_t named_character(const char *name)
{
    static const struct {
        const char *name;
        uint32_t size;
    } known[] = {{"wchar_t", 4}, {"char16_t", 2}, {"char32_t", 4}, {"char8_t", 1}};
    for (size_t i = 0; name && i < sizeof(known) / sizeof(known[0]); i++)
        if (strcmp(name, known[i].name) == 0)
            return known[i].size;
    return 0;
}

/* `char`; with `all` also signed and unsigned char. */
static uint32_t base_character(Dwarf_Die *base, bool all)
{
    const char *name = dwarf_diename(base);
    uint32_t size =
        name && (strcmp(name, "char") == 0 ||
                 (all && (strcmp(name, "unsigned char") == 0 || strcmp(name, "signed char") == 0)))
            ? 1
            : named_character(name);
    uint64_t stated;
    return size && die_size(base, &stated) && stated == size ? size : 0;
}

/* uint8_t and the like are numbers, whatever their base type is. */
static bool is_number_type(const char *name)
{
    return name && strstr(name, "int8") != NULL;
}

uint32_t layout_character(Dwarf_Die *type, bool all, bool *is_const)
{
    Dwarf_Die die = *type;
    uint32_t size;
    uint64_t stated;
    *is_const = false;
    for (unsigned i = 0; i < 64; i++) {
        Dwarf_Die base = die;
        switch (dwarf_tag(&die)) {
        case DW_TAG_const_type:
            *is_const = true;
            break;
        case DW_TAG_typedef:
            size = named_character(dwarf_diename(&die));
            if (is_number_type(dwarf_diename(&die)) ||
                (size && !(die_strip(&base) && die_size(&base, &stated) && stated == size)))
                return 0;
            if (size) {
                /* The type of the typedef may be const, too. */
                Dwarf_Die behind = die;
                *is_const |= die_type(&behind, &behind) && dwarf_tag(&behind) == DW_TAG_const_type;
                return size;
            }
            break;
        case DW_TAG_volatile_type:
        case DW_TAG_restrict_type:
        case DW_TAG_atomic_type:
            break;
        case DW_TAG_base_type:
            return base_character(&die, all);
        default:
            return 0;
        }
        if (!die_type(&die, &die))
            return 0;
    }
    return 0;
}

/*
 * The size of a character if the pointer is a `const char *`, or the like of wider characters,
 * through typedefs and qualifiers; 0 if not. A `char *` may be a buffer that is not filled yet, and
 * `const unsigned char *` may be bytes: these are strings only with --strings=all.
 */
static uint32_t string_kind(const struct layout *layout, Dwarf_Die *pointer)
{
    Dwarf_Die target = *pointer;
    bool is_const, all = layout->types->value_options.all_strings;
    if (dwarf_tag(pointer) != DW_TAG_pointer_type || !die_type(&target, &target))
        return 0;
    uint32_t size = layout_character(&target, all, &is_const);
    return is_const || all ? size : 0;
}

/* ---- pointers ---- */

/* Records the type that the pointer refers to. */
static void add_pointer_target(struct layout *layout, Dwarf_Die *pointer, struct c_scalar *scalar)
{
    const struct value_options *value_options = &layout->types->value_options;
    Dwarf_Die target = *pointer, stripped;
    bool is_const;
    if ((value_options->deref == 0 && !value_options->symbols) || !die_type(&target, &target))
        return;
    stripped = target;
    if (!die_strip(&stripped))
        return;
    if (dwarf_tag(&stripped) == DW_TAG_subroutine_type) {
        scalar->is_code = value_options->symbols;
        return;
    }
    /* The first character of a text or buffer says little. */
    if (value_options->deref == 0 || layout_character(&target, false, &is_const))
        return;
    Dwarf_Die *kept = arena_alloc(layout->types->arena, sizeof(*kept));
    if (kept)
        *kept = target;
    else
        layout->no_memory = true;
    scalar->target = kept;
}

void layout_add_pointer(struct layout *layout, Dwarf_Die *die, uint64_t offset, const char *name,
                        bool shown)
{
    uint64_t size;
    if (die_size(die, &size) && size != 8) {
        layout->unknown = true;
        return;
    }
    layout_add_part(layout, offset, 8, ABI_INTEGER, 8);
    if (!shown || layout_add_class_reference(layout, die, offset, name))
        return;
    uint32_t character = string_kind(layout, die);
    struct c_scalar *scalar =
        layout_add_scalar(layout, offset, name, character ? VALUE_STRING : VALUE_POINTER, 8);
    if (!scalar)
        return;
    if (character)
        scalar->unit = character;
    else
        add_pointer_target(layout, die, scalar);
}

void layout_add_member_pointer(struct layout *layout, Dwarf_Die *die, uint64_t offset,
                               const char *name, bool shown)
{
    /* Itanium C++ ABI, 2.3: for data an offset; for functions a pointer and an adjustment. */
    Dwarf_Die target = *die;
    bool is_function = die_type(&target, &target) && die_strip(&target) &&
                       dwarf_tag(&target) == DW_TAG_subroutine_type;
    layout_add_part(layout, offset, 8, ABI_INTEGER, 8);
    if (is_function)
        layout_add_part(layout, offset + 8, 8, ABI_INTEGER, 8);
    if (shown)
        layout_add_scalar(layout, offset,
                          is_function ? layout_member_name(layout, name, "ptr") : name, VALUE_WORD,
                          8);
    if (shown && is_function)
        layout_add_scalar(layout, offset + 8, layout_member_name(layout, name, "adj"), VALUE_WORD,
                          8);
}
