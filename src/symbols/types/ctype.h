/* SPDX-License-Identifier: MIT */
/*
 * A C or C++ type as debug information describes it, boiled down to two views: how values of it are
 * passed (abi.h), and which scalars a reader is shown of it.
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

/* A value that can be shown, at `offset` bytes in the whole. */
struct c_scalar {
    const char
        *name; /* of the member, "pos_x" for one of a member; NULL: the whole value is this */
    uint64_t offset;
    enum value_kind kind;
    uint16_t size;
    bool is_signed;
    uint8_t bit, bits; /* as in struct field */
    uint32_t unit;
    const struct enum_type *enumeration;
    /* What the address refers to, where types are asked to tell (struct value_options); NULL:
       nothing that can be shown. */
    const Dwarf_Die *target;
    bool is_code; /* it is the address of a function */
    /* The length of a VALUE_STRING, the end of a VALUE_COUNT: where it lies. */
    bool has_second;
    uint64_t second;
    /* It lies in what the value refers to: at `reference` bytes in the value is an address, and the
       other offsets count from there. */
    bool referred;
    uint64_t reference;
    const char *reference_name; /* of the member that is the address, as `name` is */
};

struct c_type {
    struct abi_value abi;
    /* Of what has no known shape (ABI_UNCLASSIFIED) those that lie in memory where they say. */
    size_t n_scalars;
    const struct c_scalar *scalars;
    bool incomplete; /* there is more to it than the scalars */
};

/* The types of one image, each resolved once. Starts zeroed but for the arena. */
struct c_types {
    struct value_options value_options;
    struct table by_die; /* address and context of the DIE -> struct c_type */
    unsigned nesting;    /* types that are being resolved for the sake of others */
    struct arena *arena; /* what types and labels live in */
};

/* *type: what the DIE (NULL: void) describes, as code of that context has it. What is damaged or
   unknown becomes a type of shape ABI_UNCLASSIFIED. Fails only when memory is out. */
MUST_CHECK int c_types_resolve(struct c_types *types, const struct function_context *context,
                               Dwarf_Die *die, const struct c_type **type);
void c_types_free(struct c_types *types);

/*
 * Writes the C declaration of `name` (which may be "", or a declarator like "f(int)") with the type
 * `die` (NULL: void) to `out`; what does not fit is cut. `is_cxx`: as C++ has it.
 */
void c_type_declare(Dwarf_Die *die, bool is_cxx, const char *name, char *out, size_t size);

#endif
