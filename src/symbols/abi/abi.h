/* SPDX-License-Identifier: MIT */
/*
 * The procedure call standard: from the types of a function's parameters and result to the place of
 * each value at the function's first instruction and after its return. A type is given as a flat
 * list of its scalars. Each architecture has one file that implements this (abi_x86_64.c,
 * abi_aarch64.c). Nothing here depends on debug information.
 */
#ifndef SYMBOLS_ABI_ABI_H
#define SYMBOLS_ABI_ABI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/probe.h"

enum abi_part_kind {
    ABI_INTEGER,   /* integers, bool, enums, pointers */
    ABI_BIT_FIELD, /* an integer that may be unaligned */
    ABI_FLOAT,     /* float, double, half and quad precision */
    /* A decimal number or a __bf16: passed like ABI_FLOAT, but not the same type as one of the same
       size. */
    ABI_OTHER_FLOAT,
    ABI_EXTENDED, /* the x87 80-bit format, 16 bytes in memory */
    ABI_WIDE,     /* a complex number of either of the 16-byte formats */
    ABI_VECTOR,   /* a short vector of 8 to 64 bytes */
};

/* A scalar at `offset` bytes in the value. */
struct abi_part {
    uint64_t offset;
    uint64_t size;
    enum abi_part_kind kind;
};

/* The maximum number of scalars in a value that is passed in registers (at most 64 bytes). Members
   of unions are counted once if they are the same. */
enum { ABI_PARTS_MAX = 64 };

enum abi_shape {
    ABI_VOID,
    ABI_SCALAR, /* one part */
    ABI_INT128,
    ABI_COMPLEX,     /* two parts */
    ABI_AGGREGATE,   /* struct, class, union; may be empty */
    ABI_INDIRECT,    /* a C++ class that is not trivial to copy: the address of a copy is passed */
    ABI_UNCLASSIFIED /* unknown: neither this value nor those after it can be placed */
};

/* What debug information does not tell about a type. */
enum abi_uncertainty {
    ABI_MAY_BE_PACKED = 1,        /* packed, and so aligned to less */
    ABI_MAY_BE_ALIGNED = 2,       /* aligned to more, as far as its size allows */
    ABI_MAY_BE_INDIRECT = 4,      /* a C++ class of shape ABI_AGGREGATE that may be ABI_INDIRECT */
    ABI_NATURAL_ALIGN_UNSURE = 8, /* `natural_align` may be less or more */
};

struct abi_value {
    enum abi_shape shape;
    uint64_t size; /* bytes */
    uint64_t align;
    unsigned uncertain; /* mask of enum abi_uncertainty */
    size_t n_parts;     /* may be incomplete for aggregates of more than 64 bytes */
    const struct abi_part *parts;
    /* The largest alignment of its members, without an attribute of the type itself. 0: as
       `align`. */
    uint64_t natural_align;
};

enum abi_where {
    ABI_NOWHERE,  /* not placed: void, an empty class, or not known */
    ABI_PIECES,   /* in up to two places: bytes 0 to 7 in the first, 8 to 15 in the second */
    ABI_WHOLE,    /* in one register (scalars, vectors), or contiguous on the stack */
    ABI_ELEMENTS, /* in consecutive registers, from `place` on: `element` bytes in each */
    ABI_ADDRESS,  /* the place holds an address; the value is `beyond` bytes after it */
};

struct abi_location {
    enum abi_where where;
    struct value_place place;  /* the first or only piece */
    struct value_place second; /* PLACE_NONE when there is none */
    int32_t beyond;            /* ABI_ADDRESS, else 0 */
    uint8_t element, n;        /* ABI_ELEMENTS: bytes in each, and registers; else 0 */
};

/* Where the compiler of a function, and so its callers, departs from the standard. */
struct abi_quirks {
    /* x86-64: an __int128 may lie half in the last register and half on the stack. */
    bool splits_int128;
};

/*
 * Places the result and n arguments, in order. `this` and other hidden parameters in debug
 * information are among the arguments; the address of a result in memory is not.
 */
void abi_place(const struct abi_value *result, struct abi_location *result_at,
               const struct abi_value *args, size_t n, struct abi_quirks quirks,
               struct abi_location *args_at);

/* The argument register with this DWARF number; false: it carries no arguments. */
bool abi_argument_register(uint64_t dwarf_register, struct value_place *place);

/* Whether this is the DWARF number of the frame pointer. *offset: the distance from the address in
   it to the first stack argument, in a function that has a frame pointer. Always false if compilers
   choose the distance. */
bool abi_frame_pointer(uint64_t dwarf_register, int64_t *offset);

/* Whether the register with this DWARF number, plus `beyond`, is the call frame address at a
   function's first instruction. */
bool abi_frame_address(uint64_t dwarf_register, int64_t beyond);

/* The DWARF number of the return address that a call puts on the stack, in the 8 bytes below the
   call frame address; UINT64_MAX: calls do not do that. */
extern const uint64_t abi_return_address;

/* Whether this is the DWARF number of the frame pointer or the stack pointer. */
bool abi_frame_register(uint64_t dwarf_register);

/* The number of integer argument registers. */
unsigned abi_integer_arguments(void);

/* Whether `long double` is the IEEE format of 16 bytes. */
bool abi_long_double_is_quad(void);

/* Whether functions may follow another convention that passes arguments elsewhere, without a word
   in debug information. */
bool abi_has_other_conventions(void);

/* Whether large structures of C are passed by address, and not as a copy on the stack. */
bool abi_passes_addresses(void);

/* Whether the function of a symbol with this st_other may follow another standard. */
bool abi_symbol_is_variant(uint8_t st_other);

/* e_machine of the ELF files that this ABI is for. */
uint16_t abi_elf_machine(void);

/* What a relocation stores: the ABI's supplement, "Relocation Types". */
enum abi_relocation {
    ABI_RELOCATION_OTHER,
    ABI_RELOCATION_SYMBOL,   /* the address of a symbol, of a function possibly only at its first
                                call */
    ABI_RELOCATION_HALF,     /* the lower 32 bits of a symbol's address: references in DWARF */
    ABI_RELOCATION_RESOLVED, /* what the resolver at its addend returns (STT_GNU_IFUNC) */
};
enum abi_relocation abi_relocation(unsigned type);

#endif
