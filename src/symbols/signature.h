/* SPDX-License-Identifier: MIT */
/*
 * What debug information says of one function: its parameters in the source's order, its result,
 * and how far the ABI's rules can be believed for it.
 */
#ifndef SYMBOLS_SIGNATURE_H
#define SYMBOLS_SIGNATURE_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/probe.h"
#include "symbols/codegen_quirks.h"
#include "symbols/demangle.h"
#include "symbols/dwarf/function_context.h"
#include "symbols/dwarf/location.h"
#include "symbols/types/ctype.h"
#include "util/arena.h"
#include "util/error.h"

/* How a class is passed of which the type does not tell. */
enum passing {
    PASSING_UNKNOWN,
    PASSING_DIRECT,
    PASSING_INDIRECT, /* its address is */
};

struct parameter {
    const char *name; /* NULL: it has none */
    const struct c_type *type;
    struct location_claim claim;
    /* Where it lies at the function's first instruction: see argument_places_settle(). */
    struct abi_location at;
    enum passing passing; /* as its location has it */
    bool is_hidden;       /* passed, but known to the compiler only */
};

struct signature {
    const char *text; /* "int f(int a, ...)" */
    const char *file; /* of the source, as the compiler was given it; NULL when not known */
    size_t n;
    struct parameter *parameters;
    const struct c_type *result;   /* of shape ABI_VOID for void */
    struct abi_location result_at; /* see argument_places_settle() */
    bool returns_not;
    bool variadic;
    struct function_context context;
    struct codegen_quirks quirks;
};

/* Reads signatures of one image's functions. Starts zeroed but for the types' arena. */
struct signature_reader {
    struct c_types types;
    struct codegen_units units;
};

/*
 * Reads the signature of the function `die`, whose first instruction is at `entry` (an address of
 * the DWARF's); `is_local`: its symbol is. Returns 1, or 0 when debug information knows the
 * function but says nothing of its parameters (assembly, -g1), or -ENOMEM.
 */
MUST_CHECK int signature_read(struct signature_reader *reader, Dwarf_Die *die, uint64_t entry,
                              const struct function_name *name, bool is_local,
                              struct signature *signature);
/* The debug information that was read from is gone. */
void signature_reader_reset(struct signature_reader *reader);
void signature_reader_free(struct signature_reader *reader);

#endif
