/* SPDX-License-Identifier: MIT */
/*
 * What debug information tells about one function: its parameters in source order, its result, and
 * how far the ABI's rules apply.
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
#include "symbols/dwarf/source_files.h"
#include "symbols/type_lines.h"
#include "symbols/types/ctype.h"
#include "util/arena.h"
#include "util/error.h"

/* How an argument of class type is passed, where the type does not tell. */
enum passing {
    PASSING_UNKNOWN,
    PASSING_DIRECT,
    PASSING_INDIRECT, /* by address */
};

struct parameter {
    const char *name; /* NULL: it has none */
    const struct c_type *type;
    struct location_claim claim;
    /* Where it lies at the function's first instruction: see argument_places_settle(). */
    struct abi_location at;
    enum passing passing; /* as its location tells */
    bool is_hidden;       /* passed, but not in the source */
};

struct signature {
    const char *text; /* "int f(int a, ...)" */
    const char *file; /* the source file, as given to the compiler; NULL: not known */
    /* Of the definition: as in struct probe. */
    const char *source_file;
    unsigned source_line;
    size_t n;
    struct parameter *parameters;
    const struct c_type *result;   /* of shape ABI_VOID for void */
    struct abi_location result_at; /* see argument_places_settle() */
    bool returns_not;
    bool variadic;
    bool is_declared; /* the ABI alone tells where values lie */
    struct function_context context;
    struct codegen_quirks quirks;
};

/* Reads the signatures of one image's functions. Starts zeroed but for the types' arena. */
struct signature_reader {
    struct c_types types;
    struct source_files files;
    struct codegen_units units;
};

/*
 * Reads the signature of the function `die`, whose first instruction is at `entry` (an address in
 * the DWARF). `is_local`: its symbol is local. Returns 1; 0 when debug information has the function
 * but not its parameters (assembly, -g1); or -ENOMEM.
 */
MUST_CHECK int signature_read(struct signature_reader *reader, Dwarf_Die *die, uint64_t entry,
                              const struct function_name *name, bool is_local,
                              struct signature *signature);
/*
 * Reads the signature of a function that is compiled from another source than the one with `die`,
 * a declaration or a definition, in a type object. `line`: its names of parameters, if they are as
 * many as the DWARF has; NULL: those of the DWARF. Returns 1; 0 if `die` does not tell the
 * parameters (C: `int f();`); or -ENOMEM.
 */
MUST_CHECK int signature_read_declared(struct signature_reader *reader, Dwarf_Die *die,
                                       const struct function_name *name,
                                       const struct type_line *line, struct signature *signature);
/* Call when the debug information is closed. */
void signature_reader_reset(struct signature_reader *reader);
void signature_reader_free(struct signature_reader *reader);

#endif
