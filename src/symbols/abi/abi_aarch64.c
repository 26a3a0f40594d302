/* SPDX-License-Identifier: MIT */
/*
 * Procedure Call Standard for the Arm 64-bit Architecture ("AAPCS64" below; its rules for arguments
 * are A.1 to C.17 in 6.8.2), and Linux's variant of it: arguments of variadic functions are passed
 * like others.
 */
#include <elf.h>
#include <string.h>

#include "symbols/abi/abi.h"

enum { INTEGER_REGISTERS = 8, FLOAT_REGISTERS = 8, ELEMENTS_MAX = 4 };

/* The registers and stack bytes assigned so far. */
struct assigned {
    unsigned integers; /* NGRN */
    unsigned floats;   /* NSRN */
    uint64_t stack;    /* NSAA, from the first stack argument */
    /* `integers` or `stack` is not certain. */
    bool integers_unknown;
    bool stack_unknown;
};

enum passed_in {
    PASSED_UNKNOWN,
    PASSED_NOT, /* an empty structure of GNU C */
    PASSED_IN_INTEGERS,
    PASSED_IN_ELEMENTS, /* each in a vector register */
    PASSED_BY_ADDRESS,
};

static struct value_place register_place(enum place_kind kind, unsigned index)
{
    return (struct value_place){.kind = kind, .index = (uint16_t)index};
}

/* Whether the part is of a type that is passed in vector registers: floating point, and short
   vectors, which have 8 or 16 bytes. */
static bool is_element(const struct abi_part *part)
{
    switch (part->kind) {
    case ABI_INTEGER:
    case ABI_BIT_FIELD:
    case ABI_WIDE:
        return false;
    case ABI_FLOAT:
    case ABI_OTHER_FLOAT:
    case ABI_EXTENDED:
    case ABI_VECTOR:
        break;
    }
    return part->size > 0 && part->size <= 16;
}

/*
 * AAPCS64, 5.9.5 "Homogeneous Aggregates": up to four members of the same type, of floating point
 * or a short vector. Vectors of one size count as one type. Members of a union may be at the same
 * offset. There is no padding: GCC (aapcs_vfp_sub_candidate()) and clang (isHomogeneousAggregate())
 * require it.
 */
static bool is_homogeneous(const struct abi_value *value)
{
    uint64_t element = value->n_parts ? value->parts[0].size : 0, covered = 0;
    if (!element || value->size > element * ELEMENTS_MAX || value->size % element)
        return false;
    for (size_t i = 0; i < value->n_parts; i++) {
        const struct abi_part *part = &value->parts[i];
        if (!is_element(part) || part->size != element || part->kind != value->parts[0].kind ||
            part->offset % element || part->offset >= value->size)
            return false;
        covered |= UINT64_C(1) << part->offset / element;
    }
    return covered == (UINT64_C(1) << value->size / element) - 1;
}

static bool has_part(const struct abi_value *value, enum abi_part_kind kind, uint64_t above)
{
    for (size_t i = 0; i < value->n_parts; i++)
        if (value->parts[i].kind == kind && value->parts[i].size > above)
            return true;
    return false;
}

/* Sizes come from debug information. An impossible one must not overflow the sums. */
static bool is_size_possible(const struct abi_value *value)
{
    for (size_t i = 0; i < value->n_parts && value->size <= 16; i++)
        if (value->parts[i].offset >= value->size ||
            value->parts[i].size > value->size - value->parts[i].offset)
            return false;
    return value->size <= (1u << 30) && value->align <= (1u << 16) &&
           value->natural_align <= (1u << 16);
}

static enum passed_in passed_in_of(const struct abi_value *value)
{
    if (value->shape == ABI_VOID || value->shape == ABI_UNCLASSIFIED || !is_size_possible(value))
        return PASSED_UNKNOWN;
    if (value->shape == ABI_INDIRECT)
        return PASSED_BY_ADDRESS;
    /* A vector of more than 16 bytes is passed by address, but those of a fixed length for SVE
       (-msve-vector-bits) are passed in SVE's registers. Debug information does not tell. */
    if (has_part(value, ABI_VECTOR, 16))
        return PASSED_UNKNOWN;
    /* Whether the members are of one type, and whether compilers regard them as floating point. */
    if (value->shape != ABI_SCALAR && has_part(value, ABI_OTHER_FLOAT, 0))
        return PASSED_UNKNOWN;
    if (is_homogeneous(value))
        return PASSED_IN_ELEMENTS;
    if (value->size > 16)
        return PASSED_BY_ADDRESS;
    return value->size ? PASSED_IN_INTEGERS : PASSED_NOT;
}

/* The alignment for rules C.4, C.10 and C.14: 8 or 16 bytes (rule B.6). */
static uint64_t alignment_of(const struct abi_value *value)
{
    return (value->natural_align ? value->natural_align : value->align) >= 16 ? 16 : 8;
}

static bool is_alignment_uncertain(const struct abi_value *value)
{
    unsigned relevant = ABI_NATURAL_ALIGN_UNSURE;
    relevant |= alignment_of(value) == 16 ? ABI_MAY_BE_PACKED : ABI_MAY_BE_ALIGNED;
    return (value->uncertain & relevant) && value->size && value->size % 16 == 0;
}

/* C.4 to C.6 and C.14 to C.17: a copy of the value, or its address. */
static void place_on_stack(struct assigned *assigned, uint64_t size, uint64_t align,
                           bool is_uncertain, struct abi_location *at)
{
    assigned->stack_unknown |= is_uncertain && assigned->stack % 16;
    if (assigned->stack_unknown)
        return;
    assigned->stack = (assigned->stack + align - 1) & ~(align - 1);
    if (assigned->stack <= INT32_MAX) {
        at->where = ABI_WHOLE;
        at->place =
            (struct value_place){.kind = PLACE_STACK_ARG, .offset = (int32_t)assigned->stack};
    }
    assigned->stack += (size + 7) & ~(uint64_t)7;
}

/* C.1 to C.6 */
static void place_elements(struct assigned *assigned, const struct abi_value *value,
                           struct abi_location *at)
{
    uint64_t element = value->parts[0].size;
    unsigned n = (unsigned)(value->size / element);
    if (assigned->floats + n > FLOAT_REGISTERS) {
        assigned->floats = FLOAT_REGISTERS;
        place_on_stack(assigned, value->size, alignment_of(value), is_alignment_uncertain(value),
                       at);
        return;
    }
    at->place = register_place(PLACE_FLOAT_ARG, assigned->floats);
    if (n == 1) {
        at->where = ABI_WHOLE;
    } else if (n == 2 && element == 8) {
        at->where = ABI_PIECES;
        at->second = register_place(PLACE_FLOAT_ARG, assigned->floats + 1);
    } else {
        at->where = ABI_ELEMENTS;
        at->element = (uint8_t)element;
        at->n = (uint8_t)n;
    }
    assigned->floats += n;
}

/* C.9 to C.17, for up to 16 bytes */
static void place_integers(struct assigned *assigned, uint64_t size, uint64_t align,
                           bool is_uncertain, struct abi_location *at)
{
    unsigned n = size > 8 ? 2 : 1, odd = assigned->integers & 1;
    bool fits = assigned->integers + n <= INTEGER_REGISTERS;
    if (fits && odd && is_uncertain)
        assigned->integers_unknown = assigned->stack_unknown = true;
    if (assigned->integers_unknown)
        return;
    if (align == 16)
        assigned->integers += odd;
    if (assigned->integers + n > INTEGER_REGISTERS) {
        assigned->integers = INTEGER_REGISTERS;
        place_on_stack(assigned, size, align, is_uncertain, at);
        return;
    }
    at->where = n == 1 ? ABI_WHOLE : ABI_PIECES;
    at->place = register_place(PLACE_INTEGER_ARG, assigned->integers);
    if (n == 2)
        at->second = register_place(PLACE_INTEGER_ARG, assigned->integers + 1);
    assigned->integers += n;
}

static void place_value(struct assigned *assigned, const struct abi_value *value,
                        enum passed_in passed_in, struct abi_location *at)
{
    switch (passed_in) {
    case PASSED_UNKNOWN:
    case PASSED_NOT:
        break;
    case PASSED_IN_ELEMENTS:
        place_elements(assigned, value, at);
        break;
    case PASSED_IN_INTEGERS:
        place_integers(assigned, value->size, alignment_of(value), is_alignment_uncertain(value),
                       at);
        break;
    case PASSED_BY_ADDRESS:
        place_integers(assigned, 8, 8, false, at);
        if (at->where == ABI_WHOLE)
            at->where = ABI_ADDRESS;
        break;
    }
}

static void make_result(struct value_place *place)
{
    if (place->kind == PLACE_INTEGER_ARG)
        place->kind = PLACE_INTEGER_RET;
    if (place->kind == PLACE_FLOAT_ARG)
        place->kind = PLACE_FLOAT_RET;
}

/* AAPCS64, 6.9 "Result return": in the registers in which it would be passed as the only argument;
   what would be passed in memory is stored at an address that the caller passes in x8. */
static void place_result(const struct abi_value *value, struct abi_location *at)
{
    struct assigned assigned = {0};
    place_value(&assigned, value, passed_in_of(value), at);
    make_result(&at->place);
    make_result(&at->second);
    if (at->where == ABI_ADDRESS)
        at->place = register_place(PLACE_RESULT_ADDRESS, 0);
}

void abi_place(const struct abi_value *result, struct abi_location *result_at,
               const struct abi_value *args, size_t n, struct abi_quirks quirks,
               struct abi_location *args_at)
{
    struct assigned assigned = {0};
    (void)quirks;
    memset(result_at, 0, sizeof(*result_at));
    if (n)
        memset(args_at, 0, n * sizeof(*args_at));

    place_result(result, result_at);
    for (size_t i = 0; i < n; i++) {
        enum passed_in passed_in = passed_in_of(&args[i]);
        if (passed_in == PASSED_UNKNOWN)
            return;
        place_value(&assigned, &args[i], passed_in, &args_at[i]);
    }
}

/* DWARF for the Arm 64-bit Architecture, 4.1 "DWARF register names" */
enum { X29 = 29, SP = 31, V0 = 64 };

bool abi_argument_register(uint64_t dwarf_register, struct value_place *place)
{
    if (dwarf_register < INTEGER_REGISTERS)
        *place = register_place(PLACE_INTEGER_ARG, (unsigned)dwarf_register);
    else if (dwarf_register >= V0 && dwarf_register < V0 + FLOAT_REGISTERS)
        *place = register_place(PLACE_FLOAT_ARG, (unsigned)(dwarf_register - V0));
    else
        return false;
    return true;
}

bool abi_frame_register(uint64_t dwarf_register)
{
    return dwarf_register == X29 || dwarf_register == SP;
}

/* AAPCS64, 6.4.6 "The Frame Pointer": "The location of the frame record within a stack frame is not
   specified." */
bool abi_frame_pointer(uint64_t dwarf_register, int64_t *offset)
{
    (void)dwarf_register;
    *offset = 0;
    return false;
}

bool abi_frame_address(uint64_t dwarf_register, int64_t beyond)
{
    return dwarf_register == SP && beyond == 0;
}

const uint64_t abi_return_address = UINT64_MAX; /* a call puts it in a register */

unsigned abi_integer_arguments(void)
{
    return INTEGER_REGISTERS;
}

bool abi_long_double_is_quad(void)
{
    return true;
}

/* Those of compilers (aarch64_vector_pcs, preserve_most) differ in the registers that are saved. */
bool abi_has_other_conventions(void)
{
    return false;
}

bool abi_passes_addresses(void)
{
    return true;
}

/* ELF for the Arm 64-bit Architecture, 5.5.3 "Symbol Table": STO_AARCH64_VARIANT_PCS */
bool abi_symbol_is_variant(uint8_t st_other)
{
    return st_other & 0x80;
}

uint16_t abi_elf_machine(void)
{
    return EM_AARCH64;
}

/* ELF for the Arm 64-bit Architecture, 5.7 "Relocation" */
enum abi_relocation abi_relocation(unsigned type)
{
    switch (type) {
    case R_AARCH64_ABS64:
    case R_AARCH64_GLOB_DAT:
    case R_AARCH64_JUMP_SLOT:
        return ABI_RELOCATION_SYMBOL;
    case R_AARCH64_ABS32:
        return ABI_RELOCATION_HALF;
    case R_AARCH64_IRELATIVE:
        return ABI_RELOCATION_RESOLVED;
    default:
        return ABI_RELOCATION_OTHER;
    }
}
