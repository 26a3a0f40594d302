#include "symbols/ctype.h"

#include <dwarf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/dwarf_read.h"
#include "util/vec.h"

/*
 * Bounds for damaged or odd debug information, in which a structure may hold itself: how deep
 * members are followed, how many DIEs are looked at for one type, and how many scalars are shown.
 */
enum { DEPTH_MAX = 16, VISITS_MAX = 4096, SCALARS_MAX = PROBE_FIELDS_MAX, LABELS_MAX = 4096 };

/* A type while it is taken apart. */
struct layout {
    struct c_types *types;
    VEC(struct abi_part) parts;
    VEC(struct c_scalar) scalars;
    uint64_t align;
    unsigned visits;
    bool unknown;  /* some part of it is of no known shape */
    bool indirect; /* C++ passes its address */
    bool no_memory;
};

static void add_type(struct layout *layout, Dwarf_Die *die, uint64_t offset, const char *name,
                     bool shown, unsigned depth);

static void add_part(struct layout *layout, uint64_t offset, uint64_t size, enum abi_part_kind kind,
                     uint64_t align)
{
    /* A packed member does not align the whole. */
    if (align > layout->align && offset % align == 0)
        layout->align = align;
    /* Beyond 64 bytes nothing travels in registers, so nobody asks. */
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

static struct c_scalar *add_scalar(struct layout *layout, uint64_t offset, const char *name,
                                   enum value_kind kind, uint64_t size)
{
    if (layout->scalars.count == SCALARS_MAX)
        return NULL;
    struct c_scalar *scalar = vec_push(&layout->scalars);
    if (scalar)
        *scalar =
            (struct c_scalar){.name = name, .offset = offset, .kind = kind, .size = (uint8_t)size};
    else
        layout->no_memory = true;
    return scalar;
}

static const char *member_name(struct layout *layout, const char *outer, const char *name)
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

/* ---- scalars ---- */

static bool is_shown_size(uint64_t size)
{
    return size == 1 || size == 2 || size == 4 || size == 8;
}

static bool is_x87(const char *name, uint64_t size)
{
    /* DWARF has one encoding for all binary floats; __float128 is as long as an x87 long double. */
    return size == 16 && name &&
           (strcmp(name, "long double") == 0 || strcmp(name, "_Float64x") == 0 ||
            strcmp(name, "__float80") == 0);
}

static void add_integer(struct layout *layout, uint64_t offset, uint64_t size, bool is_signed,
                        const char *base, const char *name, bool shown)
{
    if (size == 16) { /* __int128, in the ABI's eyes two longs that are aligned to both */
        add_part(layout, offset, 8, ABI_INTEGER, 16);
        add_part(layout, offset + 8, 8, ABI_INTEGER, 8);
        if (shown) {
            add_scalar(layout, offset, member_name(layout, name, "low"), VALUE_WORD, 8);
            add_scalar(layout, offset + 8, member_name(layout, name, "high"), VALUE_WORD, 8);
        }
        return;
    }
    if (!is_shown_size(size)) {
        layout->unknown = true;
        return;
    }
    add_part(layout, offset, size, ABI_INTEGER, size);
    /* The unused bits of a _BitInt are anything. */
    if (!shown || (base && strstr(base, "_BitInt")))
        return;
    struct c_scalar *scalar = add_scalar(layout, offset, name, VALUE_INTEGER, size);
    if (scalar)
        scalar->is_signed = is_signed;
}

static void add_base_type(struct layout *layout, Dwarf_Die *die, uint64_t offset, const char *name,
                          bool shown)
{
    uint64_t encoding, size;
    const char *base = dwarf_diename(die);
    if (!die_unsigned(die, DW_AT_encoding, &encoding) || !die_size(die, &size) || size == 0) {
        layout->unknown = true;
        return;
    }
    switch (encoding) {
    case DW_ATE_boolean:
        if (size == 1) {
            add_part(layout, offset, 1, ABI_INTEGER, 1);
            if (shown)
                add_scalar(layout, offset, name, VALUE_BOOL, 1);
            return;
        }
        add_integer(layout, offset, size, false, base, name, shown);
        return;
    case DW_ATE_signed:
    case DW_ATE_signed_char:
        add_integer(layout, offset, size, true, base, name, shown);
        return;
    case DW_ATE_unsigned:
    case DW_ATE_unsigned_char:
    case DW_ATE_UTF:
    case DW_ATE_UCS:
    case DW_ATE_ASCII:
    case DW_ATE_address:
        add_integer(layout, offset, size, false, base, name, shown);
        return;
    case DW_ATE_float:
        if (is_x87(base, size)) {
            add_part(layout, offset, 16, ABI_EXTENDED, 16);
            if (shown)
                add_scalar(layout, offset, name, VALUE_FLOAT, 16);
            return;
        }
        if (size != 2 && size != 4 && size != 8 && size != 16)
            break;
        add_part(layout, offset, size, ABI_FLOAT, size);
        /* What is of half or quad precision is passed like a float and shown by nobody. */
        if (shown && (size == 4 || size == 8))
            add_scalar(layout, offset, name, VALUE_FLOAT, size);
        return;
    case DW_ATE_complex_float: {
        uint64_t half = size / 2;
        bool x87 = size == 32 && base && strcmp(base, "complex long double") == 0;
        /* clang calls all of them "complex", and those of 32 bytes may be of two kinds. */
        if ((half != 4 && half != 8 && half != 16) ||
            (half == 16 && !x87 && !(base && strstr(base, "loat128"))))
            break;
        for (unsigned i = 0; i < 2; i++) {
            add_part(layout, offset + i * half, half, x87 ? ABI_EXTENDED : ABI_FLOAT, half);
            if (shown && (half < 16 || x87))
                add_scalar(layout, offset + i * half, member_name(layout, name, i ? "im" : "re"),
                           VALUE_FLOAT, half);
        }
        return;
    }
    case DW_ATE_decimal_float:
        if (size != 4 && size != 8 && size != 16)
            break;
        add_part(layout, offset, size, ABI_FLOAT, size);
        return;
    default:
        break;
    }
    layout->unknown = true;
}

/* ---- pointers ---- */

/*
 * `const char *`, through whatever typedefs and qualifiers: the text is meant to be read. Not
 * `char *`, which may be a buffer nobody has filled yet, nor `const unsigned char *`, which are
 * bytes.
 */
static bool is_string(Dwarf_Die *pointer)
{
    Dwarf_Die die = *pointer;
    bool is_const = false;
    if (!die_type(&die, &die))
        return false;
    for (unsigned i = 0; i < 64; i++) {
        const char *name;
        uint64_t size;
        switch (dwarf_tag(&die)) {
        case DW_TAG_const_type:
            is_const = true;
            break;
        case DW_TAG_typedef:
        case DW_TAG_volatile_type:
        case DW_TAG_restrict_type:
        case DW_TAG_atomic_type:
            break;
        case DW_TAG_base_type:
            name = dwarf_diename(&die);
            return is_const && name && strcmp(name, "char") == 0 && die_size(&die, &size) &&
                   size == 1;
        default:
            return false;
        }
        if (!die_type(&die, &die))
            return false;
    }
    return false;
}

static void add_pointer(struct layout *layout, Dwarf_Die *die, uint64_t offset, const char *name,
                        bool shown)
{
    uint64_t size;
    if (die_size(die, &size) && size != 8) {
        layout->unknown = true;
        return;
    }
    add_part(layout, offset, 8, ABI_INTEGER, 8);
    if (shown)
        add_scalar(layout, offset, name,
                   dwarf_tag(die) == DW_TAG_pointer_type && is_string(die) ? VALUE_STRING
                                                                           : VALUE_POINTER,
                   8);
}

static void add_member_pointer(struct layout *layout, Dwarf_Die *die, uint64_t offset,
                               const char *name, bool shown)
{
    /* Itanium C++ ABI, 2.3: an offset for data; for functions a pointer and an adjustment. */
    Dwarf_Die target = *die;
    bool is_function = die_type(&target, &target) && die_strip(&target) &&
                       dwarf_tag(&target) == DW_TAG_subroutine_type;
    add_part(layout, offset, 8, ABI_INTEGER, 8);
    if (is_function)
        add_part(layout, offset + 8, 8, ABI_INTEGER, 8);
    if (shown)
        add_scalar(layout, offset, is_function ? member_name(layout, name, "ptr") : name,
                   VALUE_WORD, 8);
    if (shown && is_function)
        add_scalar(layout, offset + 8, member_name(layout, name, "adj"), VALUE_WORD, 8);
}

/* ---- enums ---- */

static bool enum_is_signed(Dwarf_Die *die)
{
    Dwarf_Die underlying = *die;
    uint64_t encoding;
    if (die_type(&underlying, &underlying) && die_strip(&underlying) &&
        die_unsigned(&underlying, DW_AT_encoding, &encoding))
        return encoding == DW_ATE_signed || encoding == DW_ATE_signed_char;
    /* Without: signed when some label is negative, as GCC chooses for C. */
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
    /* DW_FORM_data1 0xff is 255 or -1 "by context"; compilers write negative values as sdata. */
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

static void add_enum(struct layout *layout, Dwarf_Die *die, uint64_t offset, const char *name,
                     bool shown)
{
    uint64_t size;
    if (!die_size(die, &size) || !is_shown_size(size)) {
        layout->unknown = true;
        return;
    }
    add_part(layout, offset, size, ABI_INTEGER, size);
    if (!shown)
        return;
    bool is_signed = enum_is_signed(die);
    const struct c_type *known = table_get(&layout->types->by_die, (uintptr_t)die->addr);
    const struct enum_type *enumeration = known && known->n_scalars == 1
                                              ? known->scalars[0].enumeration
                                              : make_enum(layout, die, size, is_signed);
    struct c_scalar *scalar =
        enumeration ? add_scalar(layout, offset, name, VALUE_ENUM, size) : NULL;
    if (!scalar)
        return;
    scalar->is_signed = is_signed;
    scalar->enumeration = enumeration;
    /* One without labels (declared elsewhere) is a number. */
    if (enumeration->n_labels == 0) {
        scalar->kind = VALUE_INTEGER;
        scalar->enumeration = NULL;
    }
}

/* ---- structures, unions, arrays ---- */

static void add_bit_field(struct layout *layout, Dwarf_Die *member, uint64_t offset, uint64_t bits)
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
    add_part(layout, first / 8, (first + bits - 1) / 8 - first / 8 + 1, ABI_BIT_FIELD, 1);
}

static void add_member(struct layout *layout, Dwarf_Die *member, uint64_t offset, const char *name,
                       bool shown, unsigned depth)
{
    /* Static members of C++, as DWARF 4 has them. */
    if (die_flag(member, DW_AT_external) || die_flag(member, DW_AT_declaration))
        return;
    uint64_t bits, location = 0;
    if (die_unsigned(member, DW_AT_bit_size, &bits)) {
        add_bit_field(layout, member, offset, bits);
        return;
    }
    if (dwarf_hasattr(member, DW_AT_data_member_location) &&
        !die_unsigned(member, DW_AT_data_member_location, &location)) {
        layout->unknown = true; /* an expression: a virtual base's */
        return;
    }
    Dwarf_Die type = *member;
    if (location > INT32_MAX || !die_type(&type, &type)) {
        layout->unknown = true;
        return;
    }
    uint64_t align;
    if (die_unsigned(member, DW_AT_alignment, &align) && align > layout->align &&
        align <= (1u << 16))
        layout->align = align;
    const char *own = dwarf_diename(member);
    add_type(layout, &type, offset + location, member_name(layout, name, own), shown, depth + 1);
}

enum copying {
    COPYING_TRIVIAL,
    COPYING_OWN,     /* the class brings a copy or move constructor, a destructor, or is virtual */
    COPYING_UNKNOWN, /* it forbids some of it, and what is left is not told */
};

/* Whether the constructor is for copying or moving: its first parameter is its own class's
   reference. */
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
 * Whether a C++ class is "non-trivial for the purposes of calls" (Itanium C++ ABI, 3.1.1 and 1.1),
 * as its own declarations say; its bases and members are asked when they are laid out. For where
 * debug information has no DW_AT_calling_convention, as GCC's.
 */
static enum copying copying_of(Dwarf_Die *class)
{
    const char *own = dwarf_diename(class);
    enum copying copying = COPYING_TRIVIAL;
    Dwarf_Die child;
    if (dwarf_child(class, &child) != 0)
        return copying;
    do {
        uint64_t virtuality, defaulted = DW_DEFAULTED_no;
        if (die_unsigned(&child, DW_AT_virtuality, &virtuality) && virtuality != DW_VIRTUALITY_none)
            return COPYING_OWN;
        if (dwarf_tag(&child) != DW_TAG_subprogram)
            continue;
        const char *name = dwarf_diename(&child);
        if (!name || (name[0] != '~' &&
                      !(own && is_constructor_of(name, own) && is_copy_constructor(&child, class))))
            continue;
        /* What is implicit, or defaulted where it is declared, is as trivial as the members are. */
        die_unsigned(&child, DW_AT_defaulted, &defaulted);
        if (die_flag(&child, DW_AT_artificial) || defaulted == DW_DEFAULTED_in_class)
            continue;
        if (!die_flag(&child, DW_AT_deleted))
            return COPYING_OWN;
        copying = COPYING_UNKNOWN;
    } while (die_next(&child));
    return copying;
}

static void check_copying(struct layout *layout, Dwarf_Die *class)
{
    uint64_t convention;
    if (die_unsigned(class, DW_AT_calling_convention, &convention)) {
        if (convention == DW_CC_pass_by_reference)
            layout->indirect = true;
        if (convention == DW_CC_pass_by_reference || convention == DW_CC_pass_by_value)
            return;
    }
    if (!die_is_cxx(class))
        return;
    enum copying copying = copying_of(class);
    layout->indirect |= copying == COPYING_OWN;
    layout->unknown |= copying == COPYING_UNKNOWN;
}

static void add_members(struct layout *layout, Dwarf_Die *die, uint64_t offset, const char *name,
                        bool shown, unsigned depth)
{
    uint64_t size, align;
    /* Its own flag: a definition may refer to its declaration (DW_AT_specification). */
    if (dwarf_hasattr(die, DW_AT_declaration) || !die_size(die, &size)) {
        layout->unknown = true; /* only declared here */
        return;
    }
    if (die_unsigned(die, DW_AT_alignment, &align) && align > layout->align && align <= (1u << 16))
        layout->align = align;
    check_copying(layout, die);

    /* Of a union, nobody knows which member is meant. */
    bool is_union = dwarf_tag(die) == DW_TAG_union_type;
    if (is_union && shown && is_shown_size(size))
        add_scalar(layout, offset, name, VALUE_WORD, size);
    Dwarf_Die member;
    if (dwarf_child(die, &member) != 0)
        return;
    do {
        int tag = dwarf_tag(&member);
        if (tag == DW_TAG_member || tag == DW_TAG_inheritance)
            add_member(layout, &member, offset, name, shown && !is_union, depth);
        else if (tag == DW_TAG_variant_part)
            layout->unknown = true;
        if (++layout->visits > VISITS_MAX)
            layout->unknown = true;
    } while (!layout->unknown && !layout->no_memory && die_next(&member));
}

static bool array_count(Dwarf_Die *array, uint64_t *count)
{
    Dwarf_Die range;
    *count = 1;
    if (dwarf_child(array, &range) != 0)
        return false;
    bool known = true;
    do {
        uint64_t n;
        if (dwarf_tag(&range) != DW_TAG_subrange_type)
            continue;
        if (die_unsigned(&range, DW_AT_count, &n))
            ;
        else if (die_unsigned(&range, DW_AT_upper_bound, &n))
            n++;
        else
            known = false;
        if (known && __builtin_mul_overflow(*count, n, count))
            known = false;
    } while (die_next(&range));
    return known;
}

static void add_vector(struct layout *layout, uint64_t offset, uint64_t size)
{
    if (size < 8 || size > 64 || (size & (size - 1)))
        layout->unknown = true;
    else
        add_part(layout, offset, size, ABI_VECTOR, size);
}

static void add_array(struct layout *layout, Dwarf_Die *die, uint64_t offset, unsigned depth)
{
    Dwarf_Die element = *die;
    uint64_t count, size;
    if (!die_type(&element, &element)) {
        layout->unknown = true;
        return;
    }
    if (!array_count(die, &count))
        count = 0; /* a flexible array member is no part of the value */
    Dwarf_Word whole;
    if (dwarf_aggregate_size(&element, &whole) != 0) {
        layout->unknown = count > 0;
        return;
    }
    size = whole;
    if (die_flag(die, DW_AT_GNU_vector)) {
        uint64_t bytes;
        if (!die_size(die, &bytes) && __builtin_mul_overflow(count, size, &bytes))
            bytes = 0;
        add_vector(layout, offset, bytes);
        return;
    }
    /* Elements are not shown; one beyond the 64th byte matters for the alignment only, and has the
       one that the first has. */
    for (uint64_t i = 0; i < count && (i == 0 || offset + i * size < 64) && size > 0; i++) {
        add_type(layout, &element, offset + i * size, NULL, false, depth + 1);
        if (layout->unknown || layout->no_memory)
            return;
    }
}

static void add_type(struct layout *layout, Dwarf_Die *type, uint64_t offset, const char *name,
                     bool shown, unsigned depth)
{
    Dwarf_Die die = *type;
    if (depth > DEPTH_MAX || ++layout->visits > VISITS_MAX || !die_strip(&die)) {
        layout->unknown = true;
        return;
    }
    switch (dwarf_tag(&die)) {
    case DW_TAG_base_type:
        add_base_type(layout, &die, offset, name, shown);
        break;
    case DW_TAG_pointer_type:
    case DW_TAG_reference_type:
    case DW_TAG_rvalue_reference_type:
        add_pointer(layout, &die, offset, name, shown);
        break;
    case DW_TAG_unspecified_type: /* decltype(nullptr) */
        if (die_is_cxx(&die))
            add_pointer(layout, &die, offset, name, shown);
        else
            layout->unknown = true;
        break;
    case DW_TAG_ptr_to_member_type:
        add_member_pointer(layout, &die, offset, name, shown);
        break;
    case DW_TAG_enumeration_type:
        add_enum(layout, &die, offset, name, shown);
        break;
    case DW_TAG_structure_type:
    case DW_TAG_class_type:
    case DW_TAG_union_type:
        add_members(layout, &die, offset, name, shown, depth);
        break;
    case DW_TAG_array_type:
        add_array(layout, &die, offset, depth);
        break;
    default:
        layout->unknown = true;
        break;
    }
}

/* ---- resolving ---- */

static enum abi_shape shape_of(Dwarf_Die *die)
{
    uint64_t encoding, size;
    switch (dwarf_tag(die)) {
    case DW_TAG_structure_type:
    case DW_TAG_class_type:
    case DW_TAG_union_type:
        return ABI_AGGREGATE;
    case DW_TAG_ptr_to_member_type:
        return ABI_AGGREGATE; /* like a structure of one or two words */
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
        shape_of(die) == ABI_AGGREGATE && dwarf_tag(die) != DW_TAG_ptr_to_member_type;
    if (is_aggregate)
        return die_size(die, &size) ? size : 0;
    size = 0;
    for (size_t i = 0; i < layout->parts.count; i++)
        size += layout->parts.items[i].size;
    return size;
}

static int finish(struct layout *layout, Dwarf_Die *die, struct c_type *type)
{
    if (layout->no_memory)
        return -ENOMEM;
    type->abi.shape = layout->unknown    ? ABI_UNCLASSIFIED
                      : layout->indirect ? ABI_INDIRECT
                                         : shape_of(die);
    if (type->abi.shape == ABI_UNCLASSIFIED)
        return 0;
    type->abi.size = size_of(die, layout);
    /* Nothing in it, but a size: GCC forgets the members of some transparent unions. An empty class
       of C++ is one byte long. */
    if (layout->parts.count == 0 && type->abi.size > 1 && type->abi.size <= 64 &&
        type->abi.shape == ABI_AGGREGATE) {
        type->abi.shape = ABI_UNCLASSIFIED;
        return 0;
    }
    type->abi.align = layout->align;

    struct arena *arena = layout->types->arena;
    struct abi_part *parts = arena_array(arena, layout->parts.count, sizeof(*parts));
    struct c_scalar *scalars = arena_array(arena, layout->scalars.count, sizeof(*scalars));
    if (!parts || !scalars)
        return -ENOMEM;
    if (layout->parts.count)
        memcpy(parts, layout->parts.items, layout->parts.count * sizeof(*parts));
    if (layout->scalars.count)
        memcpy(scalars, layout->scalars.items, layout->scalars.count * sizeof(*scalars));
    type->abi.n_parts = layout->parts.count;
    type->abi.parts = parts;
    type->n_scalars = layout->scalars.count;
    type->scalars = scalars;
    return 0;
}

int c_types_resolve(struct c_types *types, Dwarf_Die *type_die, const struct c_type **result)
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
    uint64_t key = (uintptr_t)die.addr;
    const struct c_type *known = table_get(&types->by_die, key);
    if (known) {
        *result = known;
        return 0;
    }

    struct c_type *type = arena_alloc(types->arena, sizeof(*type));
    if (!type)
        return -ENOMEM;
    struct layout layout = {.types = types, .align = 1};
    add_type(&layout, &die, 0, NULL, true, 0);
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
