/* SPDX-License-Identifier: MIT */
/* The layout of a type while it is resolved: shared by ctype*.c; others use ctype.h. */
#ifndef SYMBOLS_TYPES_CTYPE_INTERNAL_H
#define SYMBOLS_TYPES_CTYPE_INTERNAL_H

#include "symbols/types/ctype.h"
#include "util/vec.h"

/*
 * Limits for damaged debug information, in which a structure may contain itself: the depth of
 * members, the number of DIEs visited for one type, and the number of scalars shown.
 */
enum { LAYOUT_DEPTH_MAX = 16, LAYOUT_VISITS_MAX = 4096, LAYOUT_SCALARS_MAX = PROBE_FIELDS_MAX };
/* The maximum number of elements shown of an array. */
enum { LAYOUT_ELEMENTS_MAX = 16 };

struct layout {
    struct c_types *types;
    /* Functions of ctype.c for the other files: types contain types. add_type() adds a value of any
       type at `offset`; resolve() is c_types_resolve(). */
    void (*add_type)(struct layout *layout, Dwarf_Die *type, uint64_t offset, const char *name,
                     bool shown, unsigned depth);
    int (*resolve)(struct c_types *types, const struct function_context *context, Dwarf_Die *type,
                   const struct c_type **result);
    const struct function_context *context;
    VEC(struct abi_part) parts;
    VEC(struct c_scalar) scalars;
    uint64_t align;
    bool align_stated;      /* debug information has it, for the type or a member */
    uint64_t natural_align; /* see struct abi_value */
    bool natural_align_unsure;
    uint64_t filled; /* bytes of all parts */
    unsigned visits;
    bool unknown;            /* a part has an unknown shape */
    bool passing_unknown;    /* how C++ passes it is not known, unless a certainly_ member is set */
    bool indirect;           /* C++ passes its address, unless certainly_direct */
    bool certainly_direct;   /* C++ passes it by value, whatever its members are */
    bool certainly_indirect; /* C++ passes its address, also if `passing_unknown` */
    bool incomplete;         /* some part is not shown */
    bool no_memory;
};

/* Adds a scalar for the ABI; `align` is the alignment that it gives the whole. */
void layout_add_part(struct layout *layout, uint64_t offset, uint64_t size, enum abi_part_kind kind,
                     uint64_t align);
/* Adds a scalar that is shown. NULL: there are too many, or memory is out. */
struct c_scalar *layout_add_scalar(struct layout *layout, uint64_t offset, const char *name,
                                   enum value_kind kind, uint64_t size);
/* Whether an integer of this size can be shown. */
bool layout_is_shown_size(uint64_t size);
/*
 * The size of the character type that the type is, through typedefs and qualifiers; 0 if it is
 * none. Character types are char, wchar_t, char16_t, char32_t and char8_t; with `all` also signed
 * and unsigned char. *is_const: whether it is const-qualified.
 */
uint32_t layout_character(Dwarf_Die *type, bool all, bool *is_const);
/* The key of a type in the table. */
uint64_t layout_type_key(const struct function_context *context, const Dwarf_Die *die);
/* The resolved type of `die`; NULL: not resolved yet. */
const struct c_type *layout_resolved_type(const struct layout *layout, const Dwarf_Die *die);
/* "outer_name", or the one of the two that exists. */
const char *layout_member_name(struct layout *layout, const char *outer, const char *name);
/* "name_3", or "3" if there is no name. */
const char *layout_element_name(struct layout *layout, const char *name, uint64_t i);
/* Adds only the shown scalars of the type, not its parts for the ABI. */
void layout_show_type(struct layout *layout, Dwarf_Die *type, uint64_t offset, const char *name,
                      unsigned depth);
/* Adds an integer of up to 16 bytes; `base` is its name in the source. */
void layout_add_integer(struct layout *layout, uint64_t offset, uint64_t size, bool is_signed,
                        const char *base, const char *name, bool shown);

/*
 * Each adds a value of the type `die`, with the tag in the function's name, at `offset`. `name`:
 * the field's name; NULL: the value is the whole. `shown`: also add its scalars.
 */
void layout_add_base_type(struct layout *layout, Dwarf_Die *die, uint64_t offset, const char *name,
                          bool shown);
void layout_add_pointer(struct layout *layout, Dwarf_Die *die, uint64_t offset, const char *name,
                        bool shown);
void layout_add_member_pointer(struct layout *layout, Dwarf_Die *die, uint64_t offset,
                               const char *name, bool shown);
void layout_add_enum(struct layout *layout, Dwarf_Die *die, uint64_t offset, const char *name,
                     bool shown);
void layout_add_members(struct layout *layout, Dwarf_Die *die, uint64_t offset, const char *name,
                        bool shown, unsigned depth);
void layout_add_array(struct layout *layout, Dwarf_Die *die, uint64_t offset, const char *name,
                      bool shown, unsigned depth);

/*
 * Classes of the C++ library that are shown as the value they represent. If `class` is one,
 * replaces its members, the scalars from number `first`, by one scalar.
 */
void layout_simplify_class(struct layout *layout, Dwarf_Die *class, size_t first, const char *name);
/* Whether it is one of those with a destructor, in the C++ library of GCC. */
bool layout_has_destructor(Dwarf_Die *class);
/* If `class` is one of those with only one possible layout, adds it although it is only declared.
   Returns whether it is. */
bool layout_add_declared_class(struct layout *layout, Dwarf_Die *class, uint64_t offset,
                               const char *name, bool shown);
/* The same for a reference, at `offset`, to such a class. */
bool layout_add_class_reference(struct layout *layout, Dwarf_Die *reference, uint64_t offset,
                                const char *name);

#endif
