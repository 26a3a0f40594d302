/* SPDX-License-Identifier: MIT */
/*
 * The procedure call standard: the C types of a function's parameters and result -> where each
 * value lies at the function's first instruction and after its return. What every ABI needs to know
 * of a type is a flat list of the scalars it is made of. One file an architecture (abi_x86_64.c)
 * implements this; nothing here knows debug information.
 */
#ifndef SYMBOLS_ABI_ABI_H
#define SYMBOLS_ABI_ABI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/probe.h"

enum abi_part_kind {
    ABI_INTEGER,   /* integers, bool, enums, pointers */
    ABI_BIT_FIELD, /* an integer that need not be aligned */
    ABI_FLOAT,     /* float and double, and the half and quad precision ones */
    ABI_EXTENDED,  /* the x87 80-bit format, 16 bytes in memory */
    ABI_WIDE,      /* a complex number of one or the other of the formats of 16 bytes */
    ABI_VECTOR,    /* a short vector of 8 to 64 bytes */
};

/* A scalar at `offset` bytes in the value. */
struct abi_part {
    uint64_t offset;
    uint64_t size;
    enum abi_part_kind kind;
};

/* More scalars than this in a value that may travel in registers (at most 64 bytes) there are not,
   unions aside, which repeat themselves. */
enum { ABI_PARTS_MAX = 64 };

enum abi_shape {
    ABI_VOID,
    ABI_SCALAR, /* one part */
    ABI_INT128,
    ABI_COMPLEX,     /* two parts */
    ABI_AGGREGATE,   /* struct, class, union; may be empty */
    ABI_INDIRECT,    /* a C++ class with a say in its copying: the address of a copy is passed */
    ABI_UNCLASSIFIED /* nothing is known: neither it nor what comes after it can be placed */
};

/* What is not told of a type. */
enum abi_uncertainty {
    ABI_MAY_BE_PACKED = 1,   /* and aligned to less */
    ABI_MAY_BE_ALIGNED = 2,  /* to more, as far as its size allows */
    ABI_MAY_BE_INDIRECT = 4, /* a class of C++ of shape ABI_AGGREGATE that may be ABI_INDIRECT */
};

struct abi_value {
    enum abi_shape shape;
    uint64_t size; /* bytes */
    uint64_t align;
    unsigned uncertain; /* mask of enum abi_uncertainty */
    size_t n_parts;     /* not needed of aggregates of more than 64 bytes */
    const struct abi_part *parts;
};

enum abi_where {
    ABI_NOWHERE, /* not placed: void, an empty class, or beyond what is known */
    ABI_PIECES,  /* in up to two registers: bytes 0 to 7 in the first, 8 to 15 in the second */
    ABI_WHOLE,   /* in one register (scalars, vectors), or contiguous on the stack */
    ABI_ADDRESS, /* the place holds an address, and the value lies `beyond` bytes behind that */
};

struct abi_location {
    enum abi_where where;
    struct value_place place;  /* the first or only piece */
    struct value_place second; /* PLACE_NONE when there is none */
    int32_t beyond;            /* ABI_ADDRESS, else 0 */
};

/* Where the compiler of a function is known to depart from the standard, and so do its callers. */
struct abi_quirks {
    bool splits_int128; /* an __int128 for which one register is left is put half on the stack */
};

/*
 * Places the result and n arguments (in order, `this` and other hidden parameters that debug
 * information names included; the address for a result in memory is not among them).
 */
void abi_place(const struct abi_value *result, struct abi_location *result_at,
               const struct abi_value *args, size_t n, struct abi_quirks quirks,
               struct abi_location *args_at);

/* The argument register that has this number in DWARF; false when it carries no arguments. */
bool abi_argument_register(uint64_t dwarf_register, struct value_place *place);

/* Whether this is the frame pointer's number in DWARF; *offset: how far above what it points to the
   first stack argument is, in a function that keeps one. */
bool abi_frame_pointer(uint64_t dwarf_register, int64_t *offset);

/* Whether the register of that number in DWARF, plus `beyond`, is the call frame address at a
   function's first instruction. */
bool abi_frame_address(uint64_t dwarf_register, int64_t beyond);

/* Whether it is the number of the frame or the stack pointer in DWARF. */
bool abi_frame_register(uint64_t dwarf_register);

/* How many integer argument registers there are. */
unsigned abi_integer_arguments(void);

/* e_machine of the ELF files whose functions are called like this. */
uint16_t abi_elf_machine(void);

/* What relocations of a type put where they apply: the ABI's supplement, "Relocation Types". */
enum abi_relocation {
    ABI_RELOCATION_OTHER,
    ABI_RELOCATION_SYMBOL, /* the address of a symbol's function, perhaps at its first call only */
    ABI_RELOCATION_RESOLVED, /* what the resolver at its addend returns (STT_GNU_IFUNC) */
};
enum abi_relocation abi_relocation(unsigned type);

#endif
