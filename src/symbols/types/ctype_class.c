/* SPDX-License-Identifier: MIT */
#include <dwarf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/dwarf/dwarf_read.h"
#include "symbols/types/ctype_internal.h"

static void show_bit_field(struct layout *layout, Dwarf_Die *member, uint64_t first, uint64_t bits,
                           const char *name, unsigned depth)
{
    Dwarf_Die type = *member;
    size_t scalars = layout->scalars.count;
    if (die_type(&type, &type))
        layout_show_type(layout, &type, first / 8, name, depth + 1);
    if (layout->scalars.count != scalars + 1 || bits > 64) {
        layout->scalars.count = scalars;
        layout->incomplete = true;
        return;
    }
    struct c_scalar *scalar = &layout->scalars.items[scalars];
    if (scalar->kind == VALUE_HEX128) {
        scalar->kind = VALUE_WORD;
        scalar->size = 8;
    }
    scalar->bit = first % 8;
    scalar->bits = (uint8_t)bits;
}

/* The alignment that attributes give to a member of this type; 0: none. Debug information has the
   attribute of a typedef for the typedef only. */
static uint64_t stated_alignment(const Dwarf_Die *member)
{
    enum { CHAIN_MAX = 16 };
    Dwarf_Die die = *member;
    uint64_t most = 0, align;
    for (unsigned i = 0; i < CHAIN_MAX; i++) {
        if (die_unsigned(&die, DW_AT_alignment, &align) && align > most && align <= (1u << 16))
            most = align;
        if (!die_type(&die, &die) ||
            (dwarf_tag(&die) != DW_TAG_typedef && dwarf_tag(&die) != DW_TAG_const_type &&
             dwarf_tag(&die) != DW_TAG_volatile_type && dwarf_tag(&die) != DW_TAG_array_type))
            break;
    }
    return most;
}

/* *end: the first bit after it. */
static void add_bit_field(struct layout *layout, Dwarf_Die *member, uint64_t offset, uint64_t bits,
                          const char *outer, bool shown, unsigned depth, uint64_t *end)
{
    uint64_t first, location, storage, from_top;
    if (die_unsigned(member, DW_AT_data_bit_offset, &first)) {
        first += offset * 8;
    } else if (die_unsigned(member, DW_AT_bit_offset, &from_top)) {
        /* DWARF 3: counted from the most significant bit of the storage unit. */
        location = 0;
        Dwarf_Die type = *member;
        die_unsigned(member, DW_AT_data_member_location, &location);
        if (!die_size(member, &storage) &&
            !(die_type(&type, &type) && die_strip(&type) && die_size(&type, &storage))) {
            layout->unknown = true;
            return;
        }
        first = (offset + location + storage) * 8 - from_top - bits;
    } else {
        location = 0;
        die_unsigned(member, DW_AT_data_member_location, &location);
        first = (offset + location) * 8;
    }
    if (bits == 0)
        return;
    if (bits > 128 || first > 8 * (uint64_t)INT32_MAX) {
        layout->unknown = true;
        return;
    }
    *end = first + bits;
    /* Compilers disagree on how bit-fields of large types, and aligned ones, align the whole. */
    Dwarf_Die declared = *member;
    layout->natural_align_unsure |= stated_alignment(member) >= 16 ||
                                    !die_type(&declared, &declared) || !die_strip(&declared) ||
                                    !die_size(&declared, &storage) || storage > 8;
    layout_add_part(layout, first / 8, (first + bits - 1) / 8 - first / 8 + 1, ABI_BIT_FIELD, 1);
    const char *name = dwarf_diename(member);
    if (shown && name)
        show_bit_field(layout, member, first, bits, layout_member_name(layout, outer, name), depth);
}

/*
 * Whether a member starts in the middle of a bit-field. LLVM (version 14) describes a bit-field
 * that is as wide as its type as an ordinary member, without the bit at which it starts.
 */
static bool is_misplaced(const struct layout *layout, uint64_t at, uint64_t bit_field_end)
{
    return layout->parts.count > 0 && at * 8 < bit_field_end && bit_field_end < at * 8 + 8;
}

static bool is_virtual_base(Dwarf_Die *member)
{
    uint64_t virtuality;
    return dwarf_tag(member) == DW_TAG_inheritance &&
           die_unsigned(member, DW_AT_virtuality, &virtuality) && virtuality != DW_VIRTUALITY_none;
}

/* *bit_field_end: on entry the first bit after the preceding bit-field, 0 when there is none; then
   the end of this member if it is a bit-field. */
static void add_member(struct layout *layout, Dwarf_Die *member, uint64_t offset, const char *name,
                       bool shown, unsigned depth, uint64_t *bit_field_end)
{
    uint64_t before = *bit_field_end;
    *bit_field_end = 0;
    /* Static members of C++ in DWARF 4. */
    if (die_flag(member, DW_AT_external) || die_flag(member, DW_AT_declaration))
        return;
    if (is_virtual_base(member)) {
        /* A class with a virtual base has a copy function (C++17, 15.8.1, paragraph 11), so that
           its address is passed. The position of the base is known only from the object. */
        layout->indirect = layout->certainly_indirect = true;
        layout->incomplete |= shown;
        return;
    }
    uint64_t bits, location = 0;
    if (die_unsigned(member, DW_AT_bit_size, &bits)) {
        add_bit_field(layout, member, offset, bits, name, shown, depth, bit_field_end);
        return;
    }
    if (dwarf_hasattr(member, DW_AT_data_member_location) &&
        !die_unsigned(member, DW_AT_data_member_location, &location)) {
        layout->unknown = true;
        return;
    }
    Dwarf_Die type = *member;
    if (location > INT32_MAX || !die_type(&type, &type)) {
        layout->unknown = true;
        return;
    }
    uint64_t align = stated_alignment(member);
    if (align > layout->align) {
        layout->align = align;
        layout->align_stated = true;
    }
    if (align > layout->natural_align)
        layout->natural_align = align;
    if (before && is_misplaced(layout, offset + location, before)) {
        uint64_t size;
        if (!die_strip(&type) || !die_size(&type, &size) || size > 8) {
            layout->unknown = true;
            return;
        }
        *bit_field_end = before + size * 8;
        layout_add_part(layout, offset + location, size + 1, ABI_BIT_FIELD, 1);
        layout->incomplete |= shown;
        return;
    }
    /* The pointer to virtual functions is artificial. */
    if (die_flag(member, DW_AT_artificial))
        shown = false;
    const char *own = dwarf_diename(member);
    layout->add_type(layout, &type, offset + location, layout_member_name(layout, name, own), shown,
                     depth + 1);
}

enum copy_declaration {
    COPYING_TRIVIAL,
    COPYING_OWN,     /* the class has its own copy or move constructor, or destructor */
    COPYING_VIRTUAL, /* it has virtual functions or bases */
    COPYING_UNKNOWN, /* some copy functions are deleted, or may be defaulted, and debug information
                        does not tell which are left */
};

/* Whether it is a copy or move constructor: the first parameter is a reference to its class. */
static bool is_copy_constructor(Dwarf_Die *constructor, Dwarf_Die *class)
{
    Dwarf_Die parameter;
    if (dwarf_child(constructor, &parameter) != 0)
        return false;
    do {
        if (dwarf_tag(&parameter) != DW_TAG_formal_parameter ||
            die_flag(&parameter, DW_AT_artificial))
            continue;
        Dwarf_Die type = parameter;
        if (!die_type(&type, &type) || (dwarf_tag(&type) != DW_TAG_reference_type &&
                                        dwarf_tag(&type) != DW_TAG_rvalue_reference_type))
            return false;
        return die_type(&type, &type) && die_strip(&type) && type.addr == class->addr;
    } while (die_next(&parameter));
    return false;
}

static bool is_constructor_of(const char *method, const char *class)
{
    size_t length = strcspn(class, "<");
    return strlen(method) == length && memcmp(method, class, length) == 0;
}

/*
 * Whether a C++ class is "non-trivial for the purposes of calls" (Itanium C++ ABI, 3.1.1 and 1.1)
 * because of its own declarations; its bases and members are checked when they are added. For debug
 * information without DW_AT_calling_convention, such as GCC's.
 */
static enum copy_declaration copying_of(const struct function_context *context, Dwarf_Die *class)
{
    const char *own = dwarf_diename(class);
    enum copy_declaration copying = COPYING_TRIVIAL;
    Dwarf_Die child;
    if (dwarf_child(class, &child) != 0)
        return copying;
    do {
        uint64_t virtuality, defaulted = DW_DEFAULTED_no;
        if (die_unsigned(&child, DW_AT_virtuality, &virtuality) && virtuality != DW_VIRTUALITY_none)
            return COPYING_VIRTUAL;
        if (dwarf_tag(&child) != DW_TAG_subprogram)
            continue;
        const char *name = dwarf_diename(&child);
        if (!name || (name[0] != '~' &&
                      !(own && is_constructor_of(name, own) && is_copy_constructor(&child, class))))
            continue;
        /* Functions that are implicit, or defaulted in the class, are trivial if the members
           are. */
        bool known =
            die_unsigned(&child, DW_AT_defaulted, &defaulted) || context->has_defaulted_attr;
        if (die_flag(&child, DW_AT_artificial) || defaulted == DW_DEFAULTED_in_class)
            continue;
        if (known && !die_flag(&child, DW_AT_deleted))
            return COPYING_OWN;
        copying = COPYING_UNKNOWN;
    } while (die_next(&child));
    return copying;
}

/* `is_whole`: not a member or a base. */
static void check_copying(struct layout *layout, Dwarf_Die *class, bool is_whole)
{
    uint64_t convention;
    if (die_unsigned(class, DW_AT_calling_convention, &convention)) {
        if (convention == DW_CC_pass_by_reference)
            layout->indirect = true;
        layout->certainly_indirect |= is_whole && convention == DW_CC_pass_by_reference;
        layout->certainly_direct |= is_whole && convention == DW_CC_pass_by_value;
        if (convention == DW_CC_pass_by_reference || convention == DW_CC_pass_by_value)
            return;
    }
    if (!layout->context->is_cxx)
        return;
    layout->passing_unknown |= layout->context->has_old_abi;
    enum copy_declaration copying = copying_of(layout->context, class);
    bool for_sure = copying == COPYING_VIRTUAL || layout_has_destructor(class);
    layout->certainly_indirect |= for_sure;
    layout->indirect |= copying == COPYING_OWN || for_sure;
    layout->passing_unknown |= copying == COPYING_UNKNOWN && !for_sure;
}

/* Shows a value of unknown shape as words of eight bytes, and the rest. */
static void show_words(struct layout *layout, uint64_t offset, uint64_t size, const char *name)
{
    enum { WORDS_MAX = 8 };
    for (uint64_t i = 0; i * 8 < size; i++) {
        uint64_t left = size - i * 8;
        if (i == WORDS_MAX) {
            layout->incomplete = true;
            return;
        }
        layout_add_scalar(layout, offset + i * 8,
                          size > 8 ? layout_element_name(layout, name, i) : name, VALUE_WORD,
                          left < 8 ? left : 8);
    }
}

void layout_add_members(struct layout *layout, Dwarf_Die *die, uint64_t offset, const char *name,
                        bool shown, unsigned depth)
{
    uint64_t size, align = 0;
    /* The own attribute: a definition may refer to its declaration (DW_AT_specification). */
    if (dwarf_hasattr(die, DW_AT_declaration) || !die_size(die, &size)) {
        if (!layout_add_declared_class(layout, die, offset, name, shown))
            layout->unknown = true;
        return;
    }
    if (die_unsigned(die, DW_AT_alignment, &align) && align > layout->align &&
        align <= (1u << 16)) {
        layout->align = align;
        layout->align_stated = true;
    }
    if (depth > 0 && align > layout->natural_align && align <= (1u << 16))
        layout->natural_align = align;
    check_copying(layout, die, depth == 0);

    /* It is not known which member of a union is in use. */
    bool is_union = dwarf_tag(die) == DW_TAG_union_type;
    size_t first = layout->scalars.count;
    if (is_union && shown)
        show_words(layout, offset, size, name);
    Dwarf_Die member;
    uint64_t bit_field_end = 0;
    if (dwarf_child(die, &member) != 0)
        return;
    do {
        int tag = dwarf_tag(&member);
        if (tag == DW_TAG_member || tag == DW_TAG_inheritance)
            add_member(layout, &member, offset, name, shown && !is_union, depth, &bit_field_end);
        else if (tag == DW_TAG_variant_part)
            layout->unknown = true;
        if (++layout->visits > LAYOUT_VISITS_MAX)
            layout->unknown = true;
    } while (!layout->unknown && !layout->no_memory && die_next(&member));
    if (shown && !is_union)
        layout_simplify_class(layout, die, first, name);
}
