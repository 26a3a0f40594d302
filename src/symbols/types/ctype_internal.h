/* SPDX-License-Identifier: MIT */
/*
 * A type while it is taken apart: the files ctype*.c share this, others use ctype.h.
 */
#ifndef SYMBOLS_TYPES_CTYPE_INTERNAL_H
#define SYMBOLS_TYPES_CTYPE_INTERNAL_H

#include "symbols/types/ctype.h"
#include "util/vec.h"

/*
 * Bounds for damaged or odd debug information, in which a structure may hold itself: how deep
 * members are followed, how many DIEs are looked at for one type, and how many scalars are shown.
 */
enum { LAYOUT_DEPTH_MAX = 16, LAYOUT_VISITS_MAX = 4096, LAYOUT_SCALARS_MAX = PROBE_FIELDS_MAX };
/* So many elements of an array are shown. */
enum { LAYOUT_ELEMENTS_MAX = 16 };

struct layout {
    struct c_types *types;
    /* Types hold types: ctype.c's own, for the files below it. Adds what lies at `offset` and is of
       the type, whatever that is; c_types_resolve(). */
    void (*add_type)(struct layout *layout, Dwarf_Die *type, uint64_t offset, const char *name,
                     bool shown, unsigned depth);
    int (*resolve)(struct c_types *types, const struct function_context *context, Dwarf_Die *type,
                   const struct c_type **result);
    const struct function_context *context;
    VEC(struct abi_part) parts;
    VEC(struct c_scalar) scalars;
    uint64_t align;
    bool align_stated; /* debug information says so, of the whole or of a member */
    uint64_t filled;   /* bytes of all parts */
    unsigned visits;
    bool unknown;           /* some part of it is of no known shape */
    bool unpassable;        /* how C++ passes it is not known, unless it is indirect for sure */
    bool indirect;          /* C++ passes its address */
    bool direct_for_sure;   /* whatever its members are */
    bool indirect_for_sure; /* also when it forbids some copying, or defaults it */
    bool incomplete;        /* some part of it is not shown */
    bool no_memory;
};

/* Notes a scalar as the ABI sees it; `align` is what it asks of the whole. */
void layout_add_part(struct layout *layout, uint64_t offset, uint64_t size, enum abi_part_kind kind,
                     uint64_t align);
/* Notes a scalar that is shown; NULL when there are enough of them (or memory is out). */
struct c_scalar *layout_add_scalar(struct layout *layout, uint64_t offset, const char *name,
                                   enum value_kind kind, uint64_t size);
/* Whether an integer of so many bytes can be shown as one. */
bool layout_is_shown_size(uint64_t size);
/*
 * The size of the character that the type is, through typedefs and qualifiers, *is_const set to
 * whether those say so: of char, wchar_t, char16_t, char32_t and char8_t, and with `all` of signed
 * and unsigned char. 0: it is none.
 */
uint32_t layout_character(Dwarf_Die *type, bool all, bool *is_const);
/* What types are known by. */
uint64_t layout_type_key(const struct function_context *context, const Dwarf_Die *die);
/* What the type `die` is known to be; NULL: it was not resolved yet. */
const struct c_type *layout_known_type(const struct layout *layout, const Dwarf_Die *die);
/* "outer_name", or the one of them that there is. */
const char *layout_member_name(struct layout *layout, const char *outer, const char *name);
/* "name_3", or "3" where there is no name. */
const char *layout_element_name(struct layout *layout, const char *name, uint64_t i);
/* Adds only what is shown of the type, for what the ABI sees in another way. */
void layout_show_type(struct layout *layout, Dwarf_Die *type, uint64_t offset, const char *name,
                      unsigned depth);
/* An integer of up to 16 bytes, called `base` in the source. */
void layout_add_integer(struct layout *layout, uint64_t offset, uint64_t size, bool is_signed,
                        const char *base, const char *name, bool shown);

/*
 * Each adds what lies at `offset` and is of the type `die`, whose tag the name says, under `name`
 * (NULL: it is the whole value). `shown`: its scalars are, too.
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
 * Classes of the C++ library that are shown as what they stand for: the scalars from number `first`
 * on are the members of `class`; if it is one of those, one scalar takes their place.
 */
void layout_known_class(struct layout *layout, Dwarf_Die *class, size_t first, const char *name);
/* Whether it is one of them that has a destructor of its own, in the C++ library of GCC. */
bool layout_is_owner(Dwarf_Die *class);
/* Adds one of them that is only declared here, but has one layout everywhere. Whether it was one.
 */
bool layout_add_declared_class(struct layout *layout, Dwarf_Die *class, uint64_t offset,
                               const char *name, bool shown);
/* The same for a reference, at `offset`, to such a class. Whether it was one. */
bool layout_known_reference(struct layout *layout, Dwarf_Die *reference, uint64_t offset,
                            const char *name);

#endif
