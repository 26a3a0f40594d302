/* SPDX-License-Identifier: MIT */
/*
 * A probe: everything there is to know about one traced function, made once from its module's
 * symbols and debug information and never changed afterwards. Plain data: the engine reads where
 * each value lies, the sinks read how each value looks, and neither needs an ELF or DWARF library.
 *
 * A probe and all it points to belong to the catalog (symbols/catalog.h) that made it and live as
 * long.
 */
#ifndef MODEL_PROBE_H
#define MODEL_PROBE_H

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
    VALUE_STRING,  /* a pointer to characters, shown as the text itself: up to its NUL, or, where
                      field.second has a place, as long as is told there; field.unit: bytes of a
                      character, 0 like 1 */
    VALUE_ENUM,    /* the label of an integer of size 1, 2, 4 or 8 */
    VALUE_WORD,    /* a 64-bit hex word of unknown shape; size 1 to 8 */
    VALUE_CHARS,   /* characters that lie in the value's own `size` bytes: text, up to a NUL;
                      field.unit as above */
    VALUE_HEX128,  /* 16 bytes, shown as one hex number: text */
    VALUE_COUNT,   /* how many elements of field.unit bytes lie between two pointers: the one in
                      `place` and the end in `second` */
    VALUE_SYMBOL,  /* an address of code, shown as the name of what is there: text */
};

/* Whether hits carry the value as text. */
static inline bool value_is_text(enum value_kind kind)
{
    return kind == VALUE_STRING || kind == VALUE_CHARS || kind == VALUE_HEX128 ||
           kind == VALUE_SYMBOL;
}

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
    PLACE_X87_RET,     /* index: st(0) or st(1) */
    PLACE_POINTEE, /* index: a pointee of the event; offset: bytes behind the pointee's address */
    PLACE_POINTEE_STATE, /* index: a pointee of the event; the value is its enum pointee_state */
    PLACE_EXTRA,         /* index: enum extra_field */
};

/* What can be said of a call besides its values. Times and IDs are as in struct hit. */
enum extra_field {
    EXTRA_DEPTH,
    EXTRA_DURATION, /* of exits only */
    EXTRA_CALLER,   /* text: the code that it returns to, "main+0x1c" */
    EXTRA_TID,
    EXTRA_PID,
    EXTRA_STACK, /* text: the caller, its caller and so on, "f+0x1c;main+0x20" */
};

struct value_place {
    enum place_kind kind;
    uint16_t index;
    uint8_t shift;  /* bytes into the register where the value starts; of a slot of the stack, whose
                       `offset` has it already, likewise */
    int32_t offset; /* of PLACE_STACK_ARG and PLACE_POINTEE */
};

/* Whether the two are one place. */
static inline bool place_is_same(const struct value_place *a, const struct value_place *b)
{
    return a->kind == b->kind && a->index == b->index && a->shift == b->shift &&
           a->offset == b->offset;
}

/*
 * Memory that an address leads to, of which an event shows something: the `size` bytes from `low`
 * bytes behind the address on.
 */
struct pointee {
    struct value_place address; /* of 8 bytes; where it is in a pointee, in an earlier one */
    int32_t low;
    uint16_t size;
};

/* What became of a pointee. The address is told apart from what it leads to: by NULL nothing is
   meant to be there. */
enum pointee_state { POINTEE_READ, POINTEE_NULL, POINTEE_BAD };

/* One value of an event. */
struct field {
    const char *name; /* mapped to [A-Za-z0-9_], unique within the event */
    enum value_kind kind;
    bool is_signed;
    uint16_t size; /* bytes of the value as the program keeps it (16 for an x87 long double) */
    /* A bit-field has `bits` bits, from bit number `bit` of the first byte on; `size` is then how
       it is shown. 0 of all else. */
    uint8_t bit;
    uint8_t bits;
    /* 1 + the number of the event's field that tells whether this one's pointee could be read, in
       what an address was followed to by request, or need not be there; 0 of all else. */
    uint8_t guard;
    bool is_referred; /* that address is not shown itself: what is not there is told in its place */
    uint32_t unit;    /* VALUE_COUNT, VALUE_STRING, VALUE_CHARS; else 0 */
    const struct enum_type *enumeration; /* VALUE_ENUM, else NULL */
    struct value_place place;
    /* Where a value in two registers goes on behind the first one's 8th byte; else PLACE_NONE. */
    struct value_place rest;
    /* VALUE_STRING: the length, 8 bytes; VALUE_COUNT: the end. Else PLACE_NONE. */
    struct value_place second;
};

/* How many bytes, from its first one on, the value is in. A bit-field may lie in more than a
   variable of its type does. */
static inline unsigned field_bytes(const struct field *field)
{
    return field->bits ? (field->bit + field->bits + 7u) / 8u : field->size;
}

enum signature_source {
    SIGNATURE_NONE, /* no debug information: hex words */
    SIGNATURE_DWARF,
};

/* PROBE_EXTRAS_MAX: how many facts there are. PROBE_STACK_MAX: no field ends more bytes than this
   above the first stack argument.
   PROBE_POINTEE_MAX: the largest pointee. PROBE_CHARS_MAX: bytes of the longest VALUE_CHARS. */
enum {
    PROBE_FIELDS_MAX = 64,
    PROBE_EXTRAS_MAX = 6,
    PROBE_POINTEES_MAX = PROBE_FIELDS_MAX,
    PROBE_STACK_MAX = 1024,
    PROBE_POINTEE_MAX = 4096,
    PROBE_CHARS_MAX = 256,
};

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
    size_t n_rets; /* 0 for void, and for a result of which nothing is known */
    const struct field *rets;
    bool result_unknown; /* it returns something of which nothing is shown */
    /* How many of them, the last ones, are facts of the call and no values of the function's. */
    size_t n_arg_extras, n_ret_extras;
    size_t n_arg_pointees; /* what args lie in */
    const struct pointee *arg_pointees;
    size_t n_ret_pointees; /* what rets lie in */
    const struct pointee *ret_pointees;

    /* Names of the parameters (and "result") that have no field, or not all of theirs, since nobody
       can tell where they lie or what they are: "a, b"; NULL when there are none. */
    const char *not_shown;

    enum signature_source source;
    const char *signature; /* C, one line: "int my_traced_function(int arg1, ...)" */

    /*
     * Of an indirect function (STT_GNU_IFUNC): the code that chooses, once a process has loaded it,
     * which of several functions it is there. `entry` is then where that code begins, and the
     * function is where its result says. Of all others NULL.
     */
    const struct probe *resolver;
    const struct probe *resolves; /* of such a resolver: the function that it is for; else NULL */

    uint16_t stack_args; /* bytes of the stack arguments that args lie in; 0: in none */
    bool float_args;     /* some args lie in floating point registers */
    bool float_rets;
    bool returns_not; /* noreturn: no exit is to be expected */
};

#endif
