/*
 * A probe: everything there is to know about one traced function, made once from its module's
 * symbols and debug information and never changed afterwards. Plain data: the engine reads where
 * each value lies, the sinks read how each value looks, and neither needs an ELF or DWARF library.
 *
 * A probe and all it points to belong to the catalog (symbols/catalog.h) that made it and live as
 * long.
 */
#ifndef SYMBOLS_PROBE_H
#define SYMBOLS_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/addr.h"

/* How a value looks to the reader. */
enum value_kind {
    VALUE_INTEGER, /* decimal; size 1, 2, 4 or 8; is_signed */
    VALUE_BOOL,    /* 0 or 1 */
    VALUE_FLOAT,   /* size 4 or 8; what is wider is converted to 8 when captured */
    VALUE_POINTER, /* 64-bit hex */
    VALUE_STRING,  /* const char *: the text itself */
    VALUE_ENUM,    /* the label of an integer of size 1, 2, 4 or 8 */
    VALUE_WORD,    /* a 64-bit hex word of unknown shape */
};

struct enum_label {
    const char *name;
    uint64_t value; /* sign-extended to 64 bits when the enum is signed */
};

struct enum_type {
    const char *name; /* NULL when the source gives none */
    size_t n_labels;
    const struct enum_label *labels; /* in the source's order; values may repeat */
};

/* Where a value lies at the function's first instruction, or at its return address. */
enum place_kind {
    PLACE_NONE,        /* nowhere: the field is not captured */
    PLACE_INTEGER_ARG, /* index: the n-th integer argument register of the ABI, from 0 */
    PLACE_FLOAT_ARG,   /* index: the n-th floating point or vector argument register, from 0 */
    PLACE_STACK_ARG,   /* offset: bytes from the first stack argument (above the return address) */
    PLACE_INTEGER_RET, /* index: the n-th integer return register (rax, rdx; x0, x1) */
    PLACE_FLOAT_RET,   /* index: the n-th floating point return register (xmm0, xmm1; v0..v3) */
    PLACE_X87_RET,     /* st(0) */
};

struct value_place {
    enum place_kind kind;
    uint16_t index;
    uint8_t shift; /* bytes into the register where the value starts */
    int32_t offset;
};

/* One value of an event. */
struct field {
    const char *name; /* mapped to [A-Za-z0-9_], unique within the event */
    enum value_kind kind;
    uint8_t size; /* bytes of the value as the program keeps it (16 for an x87 long double) */
    bool is_signed;
    const struct enum_type *enumeration; /* VALUE_ENUM, else NULL */
    struct value_place place;
};

enum signature_source {
    SIGNATURE_NONE, /* no debug information: hex words */
    SIGNATURE_DWARF,
};

/* PROBE_STACK_MAX: no field ends more bytes than this above the first stack argument. */
enum { PROBE_FIELDS_MAX = 64, PROBE_STACK_MAX = 1024 };

struct probe {
    const char *provider; /* "mylib" */
    const char *function; /* as events and --print name it: "my_traced_function" */
    const char *module;   /* the path of the file it is in, as the target maps it */
    file_vaddr entry;     /* its first instruction */
    uint64_t size;        /* bytes of code from there; 0 when the symbol does not tell */

    /* Event names without the provider, fit to be registered: unique in the provider, but for
       probes whose fields are the same, which may share one (see shared_class). */
    const char *entry_event;
    const char *exit_event;

    size_t n_args;
    const struct field *args;
    size_t n_rets; /* 0 for void */
    const struct field *rets;

    enum signature_source source;
    const char *signature; /* C, one line: "int my_traced_function(int arg1, ...)" */

    bool float_args; /* some args lie in floating point registers */
    bool float_rets;
    bool returns_not; /* noreturn: no exit is to be expected */
};

#endif
