/* SPDX-License-Identifier: MIT */
/*
 * System V Application Binary Interface, AMD64 Architecture Processor Supplement, section 3.2.3
 * "Parameter Passing" ("psABI" below).
 */
#include <elf.h>
#include <string.h>

#include "symbols/abi/abi.h"

enum { INTEGER_REGISTERS = 6, FLOAT_REGISTERS = 8, EIGHTBYTES_MAX = 8 };

enum eightbyte_class {
    CLASS_NONE,
    CLASS_INTEGER,
    CLASS_SSE,
    CLASS_SSEUP,
    CLASS_X87,
    CLASS_X87UP,
    CLASS_MEMORY,
};

struct eightbyte_classes {
    size_t n; /* 0: nothing is passed */
    bool memory;
    enum eightbyte_class of[EIGHTBYTES_MAX];
};

/* psABI, "Classification", step 4 of aggregates: how two classes of one eightbyte become one. */
static enum eightbyte_class merge(enum eightbyte_class a, enum eightbyte_class b)
{
    if (a == b || b == CLASS_NONE)
        return a;
    if (a == CLASS_NONE)
        return b;
    if (a == CLASS_MEMORY || b == CLASS_MEMORY)
        return CLASS_MEMORY;
    if (a == CLASS_INTEGER || b == CLASS_INTEGER)
        return CLASS_INTEGER;
    if (a == CLASS_X87 || a == CLASS_X87UP || b == CLASS_X87 || b == CLASS_X87UP)
        return CLASS_MEMORY;
    return CLASS_SSE;
}

/* The class that a part gives to the `nth` eightbyte that it covers. */
static enum eightbyte_class part_class(const struct abi_part *part, size_t nth)
{
    switch (part->kind) {
    case ABI_INTEGER:
    case ABI_BIT_FIELD:
        return CLASS_INTEGER;
    case ABI_WIDE:
        return CLASS_MEMORY;
    case ABI_EXTENDED:
        return nth == 0 ? CLASS_X87 : CLASS_X87UP;
    case ABI_FLOAT:
    case ABI_OTHER_FLOAT:
    case ABI_VECTOR:
        return nth == 0 ? CLASS_SSE : CLASS_SSEUP;
    }
    return CLASS_MEMORY;
}

static struct eightbyte_classes classify(const struct abi_value *value)
{
    struct eightbyte_classes classes = {0};
    /* Empty classes are not passed, whatever their size (psABI: NO_CLASS). */
    if (value->size == 0 || (value->n_parts == 0 && value->size <= 16))
        return classes;
    classes.n = (value->size + 7) / 8;
    if (classes.n > EIGHTBYTES_MAX) {
        classes.memory = true;
        return classes;
    }

    for (size_t i = 0; i < value->n_parts; i++) {
        const struct abi_part *part = &value->parts[i];
        if (part->size == 0)
            continue;
        /* "If it has unaligned fields, it has class MEMORY." */
        bool aligned = part->kind == ABI_BIT_FIELD || part->offset % part->size == 0;
        if (!aligned || part->offset >= value->size || part->size > value->size - part->offset) {
            classes.memory = true;
            return classes;
        }
        size_t first = part->offset / 8, last = (part->offset + part->size - 1) / 8;
        for (size_t e = first; e <= last; e++)
            classes.of[e] = merge(classes.of[e], part_class(part, e - first));
    }

    /* "Post merger cleanup" */
    bool one_vector = classes.of[0] == CLASS_SSE;
    for (size_t e = 0; e < classes.n; e++) {
        if (classes.of[e] == CLASS_MEMORY)
            classes.memory = true;
        if (classes.of[e] == CLASS_X87UP && (e == 0 || classes.of[e - 1] != CLASS_X87))
            classes.memory = true;
        if (e > 0 && classes.of[e] != CLASS_SSEUP)
            one_vector = false;
    }
    if (classes.n > 2 && !one_vector)
        classes.memory = true;
    for (size_t e = 0; e < classes.n; e++)
        if (classes.of[e] == CLASS_SSEUP &&
            (e == 0 || (classes.of[e - 1] != CLASS_SSE && classes.of[e - 1] != CLASS_SSEUP)))
            classes.of[e] = CLASS_SSE;
    return classes;
}

/* The registers and stack bytes assigned so far. */
struct assigned {
    unsigned integers;
    /* The number of integer registers that the compiler counts; differs only with struct
       abi_quirks. */
    unsigned counted;
    unsigned floats;
    uint64_t stack; /* bytes */
    /* There was a vector of more than 16 bytes. It is passed in a vector register if the function
       was compiled for AVX, else on the stack; debug information does not tell. */
    bool wide_vector;
    bool stack_unknown; /* `stack` is not certain */
};

static bool has_wide_vector(const struct abi_value *value)
{
    for (size_t i = 0; i < value->n_parts; i++)
        if (value->parts[i].kind == ABI_VECTOR && value->parts[i].size > 16)
            return true;
    return false;
}

static struct value_place register_place(enum place_kind kind, unsigned index)
{
    return (struct value_place){.kind = kind, .index = (uint16_t)index};
}

/* Assigns a register to each eightbyte. An eightbyte of padding only (NO_CLASS) has none. */
static void place_pieces(const struct eightbyte_classes *classes, enum place_kind integer,
                         unsigned *integers, enum place_kind other, unsigned *others,
                         struct abi_location *at)
{
    struct value_place places[2] = {{0}};
    at->where = ABI_PIECES;
    for (size_t e = 0; e < classes->n; e++) {
        if (classes->of[e] == CLASS_SSEUP)
            at->where = ABI_WHOLE;
        else if (e < 2 && classes->of[e] == CLASS_INTEGER)
            places[e] = register_place(integer, (*integers)++);
        else if (e < 2 && classes->of[e] == CLASS_SSE)
            places[e] = register_place(other, (*others)++);
    }
    at->place = places[0];
    at->second = places[1];
}

static void place_on_stack(struct assigned *assigned, uint64_t size, uint64_t align,
                           struct abi_location *at)
{
    /* "The size of each argument gets rounded up to eightbytes". Arguments aligned to more than 8
       bytes in memory have the same alignment on the stack. */
    if (assigned->stack_unknown)
        return;
    if (align < 8 || (align & (align - 1)))
        align = 8;
    assigned->stack = (assigned->stack + align - 1) & ~(align - 1);
    if (assigned->stack <= INT32_MAX) {
        at->where = ABI_WHOLE;
        at->place =
            (struct value_place){.kind = PLACE_STACK_ARG, .offset = (int32_t)assigned->stack};
    }
    assigned->stack += (size + 7) & ~(uint64_t)7;
}

static void place_pointer(struct assigned *assigned, struct abi_location *at)
{
    assigned->counted += assigned->counted < INTEGER_REGISTERS;
    if (assigned->integers < INTEGER_REGISTERS) {
        at->where = ABI_WHOLE;
        at->place = register_place(PLACE_INTEGER_ARG, assigned->integers++);
    } else {
        place_on_stack(assigned, 8, 8, at);
    }
}

static void place_value_on_stack(struct assigned *assigned, const struct abi_value *value,
                                 struct abi_location *at)
{
    if ((value->uncertain & ABI_MAY_BE_PACKED) && value->align > 8 &&
        (assigned->stack & (value->align - 1)))
        assigned->stack_unknown = true;
    /* The size is a multiple of the alignment. */
    uint64_t most = value->size & (~value->size + 1);
    if ((value->uncertain & ABI_MAY_BE_ALIGNED) && most > 8 && (assigned->stack & (most - 1)))
        assigned->stack_unknown = true;
    place_on_stack(assigned, value->size, value->align, at);
}

/* Sizes come from debug information. An impossible one must not overflow the sums. */
static bool is_size_plausible(uint64_t size)
{
    return size <= (1u << 30);
}

/* Places one eightbyte on its own. */
static struct value_place place_eightbyte(struct assigned *assigned, enum eightbyte_class class)
{
    struct abi_location at = {0};
    if (class == CLASS_SSE && assigned->floats < FLOAT_REGISTERS)
        return register_place(PLACE_FLOAT_ARG, assigned->floats++);
    if (class == CLASS_INTEGER && assigned->integers < INTEGER_REGISTERS)
        return register_place(PLACE_INTEGER_ARG, assigned->integers++);
    if (class == CLASS_INTEGER || class == CLASS_SSE)
        place_on_stack(assigned, 8, 8, &at);
    return at.place;
}

/*
 * LLVM before version 18 treats the halves of an __int128 as two arguments: each gets the next
 * register or stack slot. clang, which decides whether a structure is passed in registers, assumes
 * that an __int128 leaves a single remaining register free. So a structure may also be split
 * between registers and the stack.
 */
static void place_split(struct assigned *assigned, const struct eightbyte_classes *classes,
                        struct abi_location *at)
{
    at->where = ABI_PIECES;
    at->place = place_eightbyte(assigned, classes->of[0]);
    if (classes->n > 1)
        at->second = place_eightbyte(assigned, classes->of[1]);
}

static void place_argument(struct assigned *assigned, const struct abi_value *value,
                           struct abi_quirks quirks, struct abi_location *at)
{
    if (value->shape == ABI_INDIRECT) {
        place_pointer(assigned, at);
        if (at->where == ABI_WHOLE)
            at->where = ABI_ADDRESS;
        return;
    }

    struct eightbyte_classes classes = classify(value);
    if (classes.n == 0)
        return;
    /* X87 and COMPLEX_X87 arguments go to memory, too. */
    if (classes.memory || classes.of[0] == CLASS_X87) {
        place_value_on_stack(assigned, value, at);
        return;
    }

    if (quirks.splits_int128 && value->shape == ABI_INT128) {
        if (assigned->counted + 2 <= INTEGER_REGISTERS)
            assigned->counted += 2;
        place_split(assigned, &classes, at);
        return;
    }

    unsigned integers = 0, floats = 0;
    for (size_t e = 0; e < classes.n; e++) {
        integers += classes.of[e] == CLASS_INTEGER;
        /* An eightbyte of padding only (NO_CLASS) needs no register. */
        floats += classes.of[e] == CLASS_SSE;
    }
    /* "If there are no registers available for any eightbyte of an argument, the whole argument is
       passed on the stack", and registers assigned to it are free again. */
    if (assigned->counted + integers > INTEGER_REGISTERS ||
        assigned->floats + floats > FLOAT_REGISTERS) {
        place_value_on_stack(assigned, value, at);
        return;
    }

    assigned->counted += integers;
    if (assigned->integers + integers > INTEGER_REGISTERS) {
        place_split(assigned, &classes, at);
        return;
    }
    place_pieces(&classes, PLACE_INTEGER_ARG, &assigned->integers, PLACE_FLOAT_ARG,
                 &assigned->floats, at);
}

/* psABI, "Returning of Values". Returns whether the caller passes an address for the result. */
static bool place_result(const struct abi_value *value, struct abi_location *at)
{
    if (value->shape == ABI_VOID || value->shape == ABI_UNCLASSIFIED)
        return false;
    struct eightbyte_classes classes = classify(value);
    if (value->shape == ABI_COMPLEX && classes.of[0] == CLASS_X87 && classes.n == 4) {
        /* COMPLEX_X87: the real part in st(0), the imaginary part in st(1). */
        at->where = ABI_WHOLE;
        at->place = register_place(PLACE_X87_RET, 0);
        return false;
    }
    if (value->shape == ABI_INDIRECT || classes.memory) {
        at->where = ABI_ADDRESS;
        at->place = register_place(PLACE_INTEGER_RET, 0);
        return true;
    }
    if (classes.n == 0)
        return false;
    if (classes.of[0] == CLASS_X87) {
        at->where = ABI_WHOLE;
        at->place = register_place(PLACE_X87_RET, 0);
        return false;
    }

    unsigned integers = 0, floats = 0;
    place_pieces(&classes, PLACE_INTEGER_RET, &integers, PLACE_FLOAT_RET, &floats, at);
    return false;
}

static bool is_in_integer_registers(const struct abi_location *at)
{
    return at->place.kind == PLACE_INTEGER_ARG &&
           (at->second.kind == PLACE_NONE || at->second.kind == PLACE_INTEGER_ARG);
}

/* Whether the value uses integer registers only if vector registers are free. */
static bool has_mixed_classes(const struct abi_value *value)
{
    struct eightbyte_classes classes = classify(value);
    bool integer = false, other = false;
    for (size_t e = 0; e < classes.n && !classes.memory; e++) {
        integer |= classes.of[e] == CLASS_INTEGER;
        other |= classes.of[e] != CLASS_INTEGER;
    }
    return integer && other;
}

void abi_place(const struct abi_value *result, struct abi_location *result_at,
               const struct abi_value *args, size_t n, struct abi_quirks quirks,
               struct abi_location *args_at)
{
    struct assigned assigned = {0};
    memset(result_at, 0, sizeof(*result_at));
    if (n)
        memset(args_at, 0, n * sizeof(*args_at));

    bool wide =
        result->shape == ABI_COMPLEX && result->n_parts && result->parts[0].kind == ABI_WIDE;
    if (!is_size_plausible(result->size) || result->shape == ABI_UNCLASSIFIED || wide ||
        has_wide_vector(result))
        return; /* the caller may or may not pass an address for it */
    if (place_result(result, result_at))
        assigned.integers = assigned.counted = 1;
    for (size_t i = 0; i < n; i++) {
        if (args[i].shape == ABI_UNCLASSIFIED || args[i].shape == ABI_VOID ||
            !is_size_plausible(args[i].size) || args[i].align > (1u << 16))
            return;
        if (has_wide_vector(&args[i])) {
            assigned.wide_vector = true;
            continue;
        }
        place_argument(&assigned, &args[i], quirks, &args_at[i]);
        /* An argument that is not in integer registers may be anywhere. */
        bool is_sure = args_at[i].where == ABI_NOWHERE || is_in_integer_registers(&args_at[i]);
        if (assigned.wide_vector && !is_sure) {
            memset(&args_at[i], 0, sizeof(args_at[i]));
            if (has_mixed_classes(&args[i]))
                return;
        }
    }
}

/* psABI, figure 3.36 "DWARF Register Number Mapping" */
bool abi_argument_register(uint64_t dwarf_register, struct value_place *place)
{
    static const uint8_t integer_arguments[INTEGER_REGISTERS] = {
        5, 4, 1, 2, 8, 9, /* rdi, rsi, rdx, rcx, r8, r9 */
    };
    enum { XMM0 = 17 };

    if (dwarf_register >= XMM0 && dwarf_register < XMM0 + FLOAT_REGISTERS) {
        *place = register_place(PLACE_FLOAT_ARG, (unsigned)(dwarf_register - XMM0));
        return true;
    }
    for (unsigned i = 0; i < INTEGER_REGISTERS; i++)
        if (integer_arguments[i] == dwarf_register) {
            *place = register_place(PLACE_INTEGER_ARG, i);
            return true;
        }
    return false;
}

enum { RBP = 6, RSP = 7 };
const uint64_t abi_return_address = 16;

bool abi_frame_register(uint64_t dwarf_register)
{
    return dwarf_register == RBP || dwarf_register == RSP;
}

/* psABI, figure 3.3 "Stack Frame with Base Pointer": 16(%rbp) is "memory argument eightbyte 0". */
bool abi_frame_pointer(uint64_t dwarf_register, int64_t *offset)
{
    *offset = 16;
    return dwarf_register == RBP;
}

bool abi_frame_address(uint64_t dwarf_register, int64_t beyond)
{
    return dwarf_register == RSP && beyond == 8; /* the return address is in between */
}

unsigned abi_integer_arguments(void)
{
    return INTEGER_REGISTERS;
}

bool abi_long_double_is_quad(void)
{
    return false;
}

/* GCC: __attribute__((ms_abi)), the Windows x64 convention. */
bool abi_has_other_conventions(void)
{
    return true;
}

bool abi_passes_addresses(void)
{
    return false;
}

bool abi_symbol_is_variant(uint8_t st_other)
{
    (void)st_other;
    return false;
}

uint16_t abi_elf_machine(void)
{
    return EM_X86_64;
}

enum abi_relocation abi_relocation(unsigned type)
{
    switch (type) {
    case R_X86_64_64:
    case R_X86_64_GLOB_DAT:
    case R_X86_64_JUMP_SLOT:
        return ABI_RELOCATION_SYMBOL;
    case R_X86_64_32:
        return ABI_RELOCATION_HALF;
    case R_X86_64_IRELATIVE:
        return ABI_RELOCATION_RESOLVED;
    default:
        return ABI_RELOCATION_OTHER;
    }
}
