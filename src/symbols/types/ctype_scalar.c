/* SPDX-License-Identifier: MIT */
#include <dwarf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/abi/abi.h"
#include "symbols/dwarf/dwarf_read.h"
#include "symbols/types/ctype_internal.h"

/* ---- scalars ---- */

bool layout_is_shown_size(uint64_t size)
{
    return size == 1 || size == 2 || size == 4 || size == 8;
}

static bool is_x87(const char *name, uint64_t size)
{
    /* DWARF has one encoding for all binary floats; __float128 has the size of an x87 long
       double. */
    return size == 16 && name && !abi_long_double_is_quad() &&
           (strcmp(name, "long double") == 0 || strcmp(name, "_Float64x") == 0 ||
            strcmp(name, "__float80") == 0);
}

void layout_add_integer(struct layout *layout, uint64_t offset, uint64_t size, bool is_signed,
                        const char *base, const char *name, bool shown)
{
    if (size == 16 && base && strstr(base, "_BitInt")) {
        layout->unknown = true; /* compilers disagree on how to pass it */
        return;
    }
    if (size == 16) { /* __int128: for the ABI two longs, aligned to the size of both */
        layout_add_part(layout, offset, 8, ABI_INTEGER, 16);
        layout_add_part(layout, offset + 8, 8, ABI_INTEGER, 8);
        if (shown)
            layout_add_scalar(layout, offset, name, VALUE_HEX128, 16);
        return;
    }
    if (!layout_is_shown_size(size)) {
        layout->unknown = true;
        return;
    }
    layout_add_part(layout, offset, size, ABI_INTEGER, size);
    /* The unused bits of a _BitInt are unspecified. */
    if (!shown)
        return;
    if (base && strstr(base, "_BitInt")) {
        layout->incomplete = true;
        return;
    }
    struct c_scalar *scalar = layout_add_scalar(layout, offset, name, VALUE_INTEGER, size);
    if (scalar)
        scalar->is_signed = is_signed;
}

/* Half precision values are passed like a float and shown as their bits, as are those of quad
   precision where that is not the format of `long double`. */
static void add_float(struct layout *layout, uint64_t offset, uint64_t size, const char *name)
{
    layout_add_scalar(layout, offset, name,
                      size == 16 && !abi_long_double_is_quad() ? VALUE_HEX128
                      : size == 2                              ? VALUE_WORD
                                                               : VALUE_FLOAT,
                      size);
}

static bool is_floating(uint64_t encoding)
{
    return encoding == DW_ATE_float || encoding == DW_ATE_complex_float ||
           encoding == DW_ATE_decimal_float;
}

void layout_add_base_type(struct layout *layout, Dwarf_Die *die, uint64_t offset, const char *name,
                          bool shown)
{
    uint64_t encoding, size;
    const char *base = dwarf_diename(die);
    if (!die_unsigned(die, DW_AT_encoding, &encoding) || !die_size(die, &size) || size == 0) {
        layout->unknown = true;
        return;
    }
    layout->passing_unknown |= layout->context->lacks_sse && is_floating(encoding);
    switch (encoding) {
    case DW_ATE_boolean:
        if (size == 1) {
            layout_add_part(layout, offset, 1, ABI_INTEGER, 1);
            if (shown)
                layout_add_scalar(layout, offset, name, VALUE_BOOL, 1);
            return;
        }
        layout_add_integer(layout, offset, size, false, base, name, shown);
        return;
    case DW_ATE_signed:
    case DW_ATE_signed_char:
        layout_add_integer(layout, offset, size, true, base, name, shown);
        return;
    case DW_ATE_unsigned:
    case DW_ATE_unsigned_char:
    case DW_ATE_UTF:
    case DW_ATE_UCS:
    case DW_ATE_ASCII:
    case DW_ATE_address:
        layout_add_integer(layout, offset, size, false, base, name, shown);
        return;
    case DW_ATE_float:
        if (is_x87(base, size) &&
            !(layout->context->is_quad_long_double && strcmp(base, "long double") == 0)) {
            layout_add_part(layout, offset, 16, ABI_EXTENDED, 16);
            if (shown)
                layout_add_scalar(layout, offset, name, VALUE_FLOAT, 16);
            return;
        }
        if (size != 2 && size != 4 && size != 8 && size != 16)
            break;
        layout_add_part(layout, offset, size,
                        base && strcmp(base, "__bf16") == 0 ? ABI_OTHER_FLOAT : ABI_FLOAT, size);
        if (shown)
            add_float(layout, offset, size, name);
        return;
    case DW_ATE_complex_float: {
        uint64_t half = size / 2;
        bool is_quad = abi_long_double_is_quad();
        bool x87 = !is_quad && size == 32 && base && strcmp(base, "complex long double") == 0 &&
                   !layout->context->is_quad_long_double;
        if (half != 4 && half != 8 && half != 16)
            break;
        /* clang names all of them "complex", and those of 32 bytes may have two formats. */
        if (half == 16 && !x87 && !is_quad && !(base && strstr(base, "loat128"))) {
            layout_add_part(layout, offset, size, ABI_WIDE, 16);
            layout->incomplete |= shown;
            return;
        }
        for (unsigned i = 0; i < 2; i++) {
            layout_add_part(layout, offset + i * half, half, x87 ? ABI_EXTENDED : ABI_FLOAT, half);
            const char *own = shown ? layout_member_name(layout, name, i ? "im" : "re") : NULL;
            if (shown && x87)
                layout_add_scalar(layout, offset + i * half, own, VALUE_FLOAT, half);
            else if (shown)
                add_float(layout, offset + i * half, half, own);
        }
        return;
    }
    case DW_ATE_decimal_float:
        if (size != 4 && size != 8 && size != 16)
            break;
        layout_add_part(layout, offset, size, ABI_OTHER_FLOAT, size);
        if (shown)
            layout_add_scalar(layout, offset, name, size == 16 ? VALUE_HEX128 : VALUE_WORD, size);
        return;
    default:
        break;
    }
    layout->unknown = true;
}

/* ---- enums ---- */

enum { LABELS_MAX = 4096 };

static bool enum_is_signed(Dwarf_Die *die)
{
    Dwarf_Die underlying = *die;
    uint64_t encoding;
    if (die_type(&underlying, &underlying) && die_strip(&underlying) &&
        die_unsigned(&underlying, DW_AT_encoding, &encoding))
        return encoding == DW_ATE_signed || encoding == DW_ATE_signed_char;
    /* No underlying type: signed if a label is negative, as in GCC for C. */
    Dwarf_Die label;
    if (dwarf_child(die, &label) != 0)
        return false;
    do {
        Dwarf_Attribute attr;
        Dwarf_Sword value;
        if (dwarf_attr(&label, DW_AT_const_value, &attr) &&
            (dwarf_whatform(&attr) == DW_FORM_sdata ||
             dwarf_whatform(&attr) == DW_FORM_implicit_const) &&
            dwarf_formsdata(&attr, &value) == 0 && value < 0)
            return true;
    } while (die_next(&label));
    return false;
}

static bool label_value(Dwarf_Die *label, uint64_t *value)
{
    Dwarf_Attribute attr;
    if (!dwarf_attr(label, DW_AT_const_value, &attr))
        return false;
    unsigned form = dwarf_whatform(&attr);
    /* DW_FORM_data1 0xff is 255 or -1 "by context". Compilers write negative values as sdata. */
    if (form == DW_FORM_sdata || form == DW_FORM_implicit_const) {
        Dwarf_Sword number;
        if (dwarf_formsdata(&attr, &number) != 0)
            return false;
        *value = (uint64_t)number;
        return true;
    }
    Dwarf_Word number;
    if (dwarf_formudata(&attr, &number) != 0)
        return false;
    *value = number;
    return true;
}

static uint64_t fit_label(uint64_t value, uint64_t size, bool is_signed)
{
    unsigned unused = (unsigned)(64 - size * 8);
    return is_signed ? (uint64_t)((int64_t)(value << unused) >> unused) : value << unused >> unused;
}

static const struct enum_type *make_enum(struct layout *layout, Dwarf_Die *die, uint64_t size,
                                         bool is_signed)
{
    struct arena *arena = layout->types->arena;
    VEC(struct enum_label) labels = {0};
    Dwarf_Die label;
    if (dwarf_child(die, &label) == 0)
        do {
            uint64_t value;
            const char *name = dwarf_diename(&label);
            if (dwarf_tag(&label) != DW_TAG_enumerator || !name || !label_value(&label, &value))
                continue;
            struct enum_label *added = vec_push(&labels);
            if (!added)
                break;
            added->name = arena_strdup(arena, name);
            added->value = fit_label(value, size, is_signed);
            if (!added->name) {
                labels.count--;
                break;
            }
        } while (labels.count < LABELS_MAX && die_next(&label));

    struct enum_type *type = arena_alloc(arena, sizeof(*type));
    struct enum_label *copy = arena_array(arena, labels.count, sizeof(*copy));
    if (!type || !copy) {
        layout->no_memory = true;
        vec_free(&labels);
        return NULL;
    }
    if (labels.count)
        memcpy(copy, labels.items, labels.count * sizeof(*copy));
    const char *name = dwarf_diename(die);
    type->name = name ? arena_strdup(arena, name) : NULL;
    type->n_labels = labels.count;
    type->labels = copy;
    vec_free(&labels);
    return type;
}

void layout_add_enum(struct layout *layout, Dwarf_Die *die, uint64_t offset, const char *name,
                     bool shown)
{
    uint64_t size;
    if (!die_size(die, &size) || !layout_is_shown_size(size)) {
        layout->unknown = true;
        return;
    }
    layout_add_part(layout, offset, size, ABI_INTEGER, size);
    if (!shown)
        return;
    bool is_signed = enum_is_signed(die);
    const struct c_type *known = layout_resolved_type(layout, die);
    const struct enum_type *enumeration = known && known->n_scalars == 1
                                              ? known->scalars[0].enumeration
                                              : make_enum(layout, die, size, is_signed);
    struct c_scalar *scalar =
        enumeration ? layout_add_scalar(layout, offset, name, VALUE_ENUM, size) : NULL;
    if (!scalar)
        return;
    scalar->is_signed = is_signed;
    scalar->enumeration = enumeration;
    /* An enum without labels (declared elsewhere) is shown as a number. */
    if (enumeration->n_labels == 0) {
        scalar->kind = VALUE_INTEGER;
        scalar->enumeration = NULL;
    }
}
