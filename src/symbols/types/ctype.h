/* SPDX-License-Identifier: MIT */
/*
 * A C or C++ type from debug information, reduced to two things: how its values are passed (abi.h),
 * and the scalars that are shown.
 */
#ifndef SYMBOLS_TYPES_CTYPE_H
#define SYMBOLS_TYPES_CTYPE_H

#include <elfutils/libdw.h>
#include <stddef.h>
#include <stdint.h>

#include "model/probe.h"
#include "symbols/abi/abi.h"
#include "symbols/dwarf/function_context.h"
#include "symbols/types/value_options.h"
#include "util/arena.h"
#include "util/error.h"
#include "util/table.h"

/* A scalar that can be shown, at `offset` bytes in the value. */
struct c_scalar {
    const char *name; /* of the member, "pos_x" for a nested one; NULL: the value itself */
    uint64_t offset;
    enum value_kind kind;
    uint16_t size;
    bool is_signed;
    uint8_t bit, bits; /* as in struct field */
    uint32_t unit;
    const struct enum_type *enumeration;
    /* The type that the pointer refers to, if struct value_options asks for it; NULL: none that can
       be shown. */
    const Dwarf_Die *target;
    bool is_code; /* the address of a function */
    /* Where the length of a VALUE_STRING or the end of a VALUE_COUNT lies. */
    bool has_second;
    uint64_t second;
    /* The scalar is in memory behind a reference: the reference lies at `reference` bytes in the
       value, and the other offsets are relative to the address in it. */
    bool referred;
    uint64_t reference;
    const char *reference_name; /* name of the reference's member, like `name` */
};

struct c_type {
    struct abi_value abi;
    /* If the shape is not known (ABI_UNCLASSIFIED), these are valid for values in memory. */
    size_t n_scalars;
    const struct c_scalar *scalars;
    bool incomplete; /* some part has no scalar */
};

/* The types of one image, each resolved once. Starts zeroed but for the arena. */
struct c_types {
    struct value_options value_options;
    struct table by_die; /* address and context of the DIE -> struct c_type */
    unsigned nesting;    /* the depth of types being resolved */
    struct arena *arena; /* for types and labels */
};

/* Sets *type to the type of the DIE (NULL: void) in code of that context. A damaged or unknown type
   has the shape ABI_UNCLASSIFIED. -ENOMEM. */
MUST_CHECK int c_types_resolve(struct c_types *types, const struct function_context *context,
                               Dwarf_Die *die, const struct c_type **type);
void c_types_free(struct c_types *types);

/*
 * Writes the C declaration of `name` (which may be "", or a declarator like "f(int)") with the type
 * `die` (NULL: void) to out. Text that does not fit is cut. `is_cxx`: in C++ syntax.
 */
void c_type_declare(Dwarf_Die *die, bool is_cxx, const char *name, char *out, size_t size);

#endif
