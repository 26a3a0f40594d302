/* SPDX-License-Identifier: MIT */
#include <dwarf.h>
#include <string.h>

#include "symbols/dwarf/dwarf_read.h"
#include "symbols/types/ctype_internal.h"
#include "util/cleanup.h"

/*
 * How a class of the C++ libraries of GCC and LLVM is recognized: by the start of its name and by
 * the end of its members' names. Without these members a class of that name is another one.
 */
struct known_class {
    const char *name;
    const char *first, *second; /* second: NULL if there is none */
    enum value_kind kind;
    const char *suffix; /* of the field's name */
    uint32_t unit;      /* of VALUE_STRING: the size of a character */
};

static const struct known_class KNOWN[] = {
#define STRINGS(character, unit)                                                                   \
    {"basic_string<" character ",", "_M_p", "_M_string_length", VALUE_STRING, NULL, unit},         \
        {"basic_string_view<" character ",", "_M_str", "_M_len", VALUE_STRING, NULL, unit},        \
        {"basic_string_view<" character ",", "__data", "__size", VALUE_STRING, NULL, unit},        \
    {                                                                                              \
        "basic_string_view<" character ",", "__data_", "__size_", VALUE_STRING, NULL, unit         \
    }
    STRINGS("char", 1),
    STRINGS("wchar_t", 4),
    STRINGS("char16_t", 2),
    STRINGS("char32_t", 4),
    {"vector<", "_M_start", "_M_finish", VALUE_COUNT, "size", 0},
    {"vector<", "__begin_", "__end_", VALUE_COUNT, "size", 0},
    {"unique_ptr<", "_M_head_impl", NULL, VALUE_POINTER, NULL, 0},
    {"unique_ptr<", "__value_", NULL, VALUE_POINTER, NULL, 0},
    {"shared_ptr<", "_M_ptr", NULL, VALUE_POINTER, NULL, 0},
    {"shared_ptr<", "__ptr_", NULL, VALUE_POINTER, NULL, 0},
    {"weak_ptr<", "_M_ptr", NULL, VALUE_POINTER, NULL, 0},
    {"weak_ptr<", "__ptr_", NULL, VALUE_POINTER, NULL, 0},
};

static bool name_ends_with(const char *text, const char *end)
{
    size_t n = text ? strlen(text) : 0, n_end = strlen(end);
    return n >= n_end && strcmp(text + n - n_end, end) == 0;
}

/* The scalar of eight bytes, from number `first` on, with a name that ends in `end`. */
static const struct c_scalar *find_member(const struct layout *layout, size_t first,
                                          const char *end, bool is_pointer)
{
    for (size_t i = first; i < layout->scalars.count; i++) {
        const struct c_scalar *scalar = &layout->scalars.items[i];
        bool fits = scalar->kind == VALUE_POINTER || scalar->kind == VALUE_STRING ||
                    (!is_pointer && scalar->kind == VALUE_INTEGER);
        if (fits && scalar->size == 8 && name_ends_with(scalar->name, end))
            return scalar;
    }
    return NULL;
}

/* The size of the first template argument's type, for a vector that of an element. 0: not known. */
static uint32_t element_size(Dwarf_Die *class)
{
    Dwarf_Die child;
    Dwarf_Word size;
    if (dwarf_child(class, &child) != 0)
        return 0;
    do {
        if (dwarf_tag(&child) == DW_TAG_template_type_parameter)
            return die_type(&child, &child) && dwarf_aggregate_size(&child, &size) == 0 &&
                           size <= UINT32_MAX
                       ? (uint32_t)size
                       : 0;
    } while (die_next(&child));
    return 0;
}

static bool has_name(Dwarf_Die *class, const struct known_class *known)
{
    const char *name = dwarf_diename(class);
    return name && strncmp(name, known->name, strlen(known->name)) == 0;
}

void layout_simplify_class(struct layout *layout, Dwarf_Die *class, size_t first, const char *name)
{
    if (layout->unknown || layout->no_memory || !layout->context->is_cxx)
        return;
    for (size_t i = 0; i < sizeof(KNOWN) / sizeof(KNOWN[0]); i++) {
        const struct known_class *known = &KNOWN[i];
        if (!has_name(class, known))
            continue;
        const struct c_scalar *place = find_member(layout, first, known->first, true);
        const struct c_scalar *second =
            known->second ? find_member(layout, first, known->second, known->kind == VALUE_COUNT)
                          : NULL;
        uint32_t unit = known->kind == VALUE_COUNT ? element_size(class) : known->unit;
        if (!place || (known->second && !second) || (known->kind == VALUE_COUNT && unit == 0))
            continue;
        struct c_scalar scalar = {
            .name = known->suffix ? layout_member_name(layout, name, known->suffix) : name,
            .offset = place->offset,
            .kind = known->kind,
            .size = 8,
            .unit = unit,
            .target = known->kind == VALUE_POINTER ? place->target : NULL,
            .has_second = second != NULL,
            .second = second ? second->offset : 0,
        };
        layout->scalars.items[first] = scalar;
        layout->scalars.count = first + 1;
        return;
    }
}

bool layout_has_destructor(Dwarf_Die *class)
{
    static const char *const owners[] = {"basic_string<", "vector<", "unique_ptr<", "shared_ptr<",
                                         "weak_ptr<"};
    const char *name = dwarf_diename(class);
    bool is_named = false;
    for (size_t i = 0; name && i < sizeof(owners) / sizeof(owners[0]); i++)
        is_named |= strncmp(name, owners[i], strlen(owners[i])) == 0;
    if (!is_named)
        return false;
    cleanup(cleanup_free) Dwarf_Die *scopes = NULL;
    int n = dwarf_getscopes_die(class, &scopes);
    const char *space = n > 1 ? dwarf_diename(&scopes[1]) : NULL;
    return space && (strcmp(space, "std") == 0 || strcmp(space, "__cxx11") == 0);
}

/* Whether the class is in namespace std::__cxx11. */
static bool is_in_cxx11(Dwarf_Die *class)
{
    cleanup(cleanup_free) Dwarf_Die *scopes = NULL;
    int n = dwarf_getscopes_die(class, &scopes);
    const char *inner = n > 1 ? dwarf_diename(&scopes[1]) : NULL;
    const char *outer = n > 2 ? dwarf_diename(&scopes[2]) : NULL;
    return inner && outer && strcmp(inner, "__cxx11") == 0 && strcmp(outer, "std") == 0;
}

bool layout_add_declared_class(struct layout *layout, Dwarf_Die *class, uint64_t offset,
                               const char *name, bool shown)
{
    /* std::string of libstdc++. clang does not describe it where the library instantiates it. Since
       GCC 5 it is a pointer, the length, and 16 bytes. */
    if (!has_name(class, &KNOWN[0]) || !layout->context->is_cxx || !is_in_cxx11(class))
        return false;
    for (unsigned i = 0; i < 4; i++)
        layout_add_part(layout, offset + i * 8, 8, ABI_INTEGER, 8);
    layout->indirect = layout->certainly_indirect = true;
    struct c_scalar *scalar =
        shown ? layout_add_scalar(layout, offset, name, VALUE_STRING, 8) : NULL;
    if (scalar) {
        scalar->unit = KNOWN[0].unit;
        scalar->has_second = true;
        scalar->second = offset + 8;
    }
    return true;
}

bool layout_add_class_reference(struct layout *layout, Dwarf_Die *reference, uint64_t offset,
                                const char *name)
{
    enum { NESTING_MAX = 4 };
    int tag = dwarf_tag(reference);
    Dwarf_Die class = *reference;
    if ((tag != DW_TAG_reference_type && tag != DW_TAG_rvalue_reference_type) ||
        layout->types->nesting >= NESTING_MAX || !die_type(&class, &class) || !die_strip(&class) ||
        (dwarf_tag(&class) != DW_TAG_class_type && dwarf_tag(&class) != DW_TAG_structure_type))
        return false;
    bool is_known = false;
    for (size_t i = 0; i < sizeof(KNOWN) / sizeof(KNOWN[0]); i++)
        is_known |= KNOWN[i].second && has_name(&class, &KNOWN[i]);
    const struct c_type *type;
    if (!is_known)
        return false;
    if (layout->resolve(layout->types, layout->context, &class, &type) < 0) {
        layout->no_memory = true;
        return false;
    }
    if (type->n_scalars != 1 || !type->scalars[0].has_second || type->scalars[0].referred)
        return false;
    struct c_scalar *scalar =
        layout_add_scalar(layout, offset, name, type->scalars[0].kind, type->scalars[0].size);
    if (!scalar)
        return true;
    *scalar = type->scalars[0];
    scalar->name = layout_member_name(layout, name, type->scalars[0].name);
    scalar->referred = true;
    scalar->reference = offset;
    scalar->reference_name = name;
    return true;
}
