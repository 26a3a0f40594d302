/* SPDX-License-Identifier: MIT */
/*
 * A field: one value of an event, with its place in a traced thread and its form in the output.
 * Plain data.
 */
#ifndef MODEL_FIELD_H
#define MODEL_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The form of a value. */
enum value_kind {
    VALUE_INTEGER, /* decimal; size 1, 2, 4 or 8; is_signed */
    VALUE_BOOL,    /* 0 or 1 */
    VALUE_FLOAT,   /* size 4 or 8; wider values are converted to 8 bytes when captured */
    VALUE_POINTER, /* 64-bit hex */
    VALUE_STRING, /* a pointer to characters, shown as text: up to the NUL or, if field.second has a
                     place, with that length; field.unit: bytes of a character (0 means 1) */
    VALUE_ENUM,   /* the label of an integer of size 1, 2, 4 or 8 */
    VALUE_WORD,   /* a 64-bit hex word, type unknown; size 1 to 8 */
    VALUE_CHARS,  /* characters in the value's own `size` bytes, shown as text up to a NUL;
                     field.unit as above */
    VALUE_HEX128, /* 16 bytes, shown as one hex number: text */
    VALUE_COUNT,  /* the number of elements of field.unit bytes between two pointers: the start in
                     `place`, the end in `second` */
    VALUE_SYMBOL, /* an address of code, shown as the name of the code: text */
};

/* Whether hits have the value as text. */
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
    const char *name; /* NULL: the source has none */
    size_t n_labels;
    const struct enum_label *labels; /* in source order; values may repeat */
};

/* The place of a value at the function's first instruction, or at its return address. */
enum place_kind {
    PLACE_NONE,        /* none: the field is not captured */
    PLACE_INTEGER_ARG, /* index: the n-th integer argument register of the ABI, from 0 */
    PLACE_FLOAT_ARG,   /* index: the n-th floating point or vector argument register, from 0 */
    PLACE_STACK_ARG,   /* offset: bytes from the first stack argument (above the return address) */
    PLACE_INTEGER_RET, /* index: the n-th integer return register (rax, rdx; x0, x1) */
    PLACE_FLOAT_RET,   /* index: the n-th floating point return register (xmm0, xmm1; v0..v3) */
    PLACE_X87_RET,     /* index: st(0) or st(1) */
    /* The address for a result in memory that the caller has passed in a register, which the
       function need not preserve (x8). Of results only. */
    PLACE_RESULT_ADDRESS,
    PLACE_POINTEE, /* index: a pointee of the event; offset: bytes after the pointee's address */
    PLACE_POINTEE_STATE, /* index: a pointee of the event; the value is its enum pointee_state */
    PLACE_EXTRA,         /* index: enum extra_field */
};

/* Values of a call that are not the function's own. Times and IDs are as in struct hit. */
enum extra_field {
    EXTRA_DEPTH,
    EXTRA_DURATION, /* exit events only */
    EXTRA_CPU,      /* likewise: how long of it the thread was on a CPU */
    EXTRA_CALLER,   /* text: the code that the call returns to, "main+0x1c" */
    EXTRA_TID,
    EXTRA_PID,
    EXTRA_STACK, /* text: the caller, its caller and so on, "f+0x1c;main+0x20" */
};

struct value_place {
    enum place_kind kind;
    uint16_t index;
    uint8_t shift;  /* bytes into the register at which the value starts; the same for a stack slot,
                       where `offset` includes it */
    int32_t offset; /* of PLACE_STACK_ARG and PLACE_POINTEE */
};

/* Whether both are the same place. */
static inline bool place_is_same(const struct value_place *a, const struct value_place *b)
{
    return a->kind == b->kind && a->index == b->index && a->shift == b->shift &&
           a->offset == b->offset;
}

/*
 * Memory behind an address that fields of an event lie in: `size` bytes, from `low` bytes after the
 * address.
 */
struct pointee {
    struct value_place address; /* of 8 bytes; may be in an earlier pointee */
    int32_t low;
    uint16_t size;
};

/* The result of reading a pointee. NULL is distinguished, as it is valid for a pointer. */
enum pointee_state { POINTEE_READ, POINTEE_NULL, POINTEE_BAD };

/* A value of an event. */
struct field {
    const char *name; /* mapped to [A-Za-z0-9_], unique within the event */
    enum value_kind kind;
    bool is_signed;
    uint16_t size; /* bytes of the value in the program (16 for an x87 long double) */
    /* A bit-field has `bits` bits, starting at bit `bit` of the first byte, and `size` is the size
       in the output. 0 for other values. */
    uint8_t bit;
    uint8_t bits;
    /* 1 + the index of the field with the state of this field's pointee, if it lies behind an
       address that --deref follows or that may be missing; else 0. */
    uint8_t guard;
    /* The address itself has no field: the state is shown in place of the value. */
    bool is_referred;
    uint32_t unit;                       /* VALUE_COUNT, VALUE_STRING, VALUE_CHARS; else 0 */
    const struct enum_type *enumeration; /* VALUE_ENUM, else NULL */
    struct value_place place;
    /* The place of the other bytes of a value in two registers; else PLACE_NONE. `split`: how many
       are in the first one; 0: those up to the 8th byte of the register. */
    struct value_place rest;
    uint8_t split;
    /* VALUE_STRING: the place of the length, 8 bytes; VALUE_COUNT: of the end. Else PLACE_NONE. */
    struct value_place second;
};

/* The number of bytes that the value extends over. A bit-field may extend over more bytes than its
   type. */
static inline unsigned field_bytes(const struct field *field)
{
    return field->bits ? (field->bit + field->bits + 7u) / 8u : field->size;
}

/* Whether events with these fields look the same in a trace, wherever the values lie. */
bool field_lists_equal(const struct field *a, size_t n_a, const struct field *b, size_t n_b);

#endif
