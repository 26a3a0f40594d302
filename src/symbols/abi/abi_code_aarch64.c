/* SPDX-License-Identifier: MIT */
/*
 * Which registers an instruction reads and writes: Arm Architecture Reference Manual for A-profile
 * ("Arm ARM"), C4.1 "A64 instruction set encoding". All registers that may be written are found;
 * of those that are read, only those that certainly are. Instructions of SVE and SME, and others
 * whose registers are elsewhere, are not decoded.
 */
#include "symbols/abi/abi_code.h"

#include <string.h>

#include "symbols/abi/abi.h"

enum { FIRST_FLOAT = 16, ALL = 0x00ff00ff, X31 = 31 };

/* x0, x1 and v0 to v3 hold results. */
enum { RESULTS = 0x000f0003 };

/* Sets of registers: x0 to x30 are bits 0 to 30; v0 to v31 are bits 32 to 63. */
struct access {
    uint64_t read;
    uint64_t stored; /* written to memory as they are */
    uint64_t written;
    bool is_branch, is_call, is_return;
};

/* x9 to x15 and v16 to v31: they carry no arguments, and functions that follow the ABI do not save
   them. */
static const uint64_t volatile_registers = UINT64_C(0xffff00000000fe00);

uint32_t abi_code_register(const struct value_place *place)
{
    switch (place->kind) {
    case PLACE_INTEGER_ARG:
        return 1u << place->index;
    case PLACE_FLOAT_ARG:
        return 1u << (FIRST_FLOAT + place->index);
    default:
        return 0;
    }
}

static uint32_t arguments_of(uint64_t registers)
{
    return (uint32_t)(registers & 0xff) | (uint32_t)(registers >> 32 & 0xff) << FIRST_FLOAT;
}

static unsigned bits(uint32_t insn, unsigned high, unsigned low)
{
    return insn >> low & ((2u << (high - low)) - 1);
}

/* A general-purpose register; number 31 is the stack pointer or zero. */
static uint64_t x_of(unsigned number)
{
    return number == X31 ? 0 : UINT64_C(1) << number;
}

static uint64_t v_of(unsigned number)
{
    return UINT64_C(1) << (32 + number % 32);
}

/* The fields with the numbers of registers, by their lowest bit. */
enum { D = 0, N = 5, A = 10, M = 16 };

static uint64_t x(uint32_t insn, unsigned field)
{
    return x_of(bits(insn, field + 4, field));
}

static uint64_t v(uint32_t insn, unsigned field)
{
    return v_of(bits(insn, field + 4, field));
}

/* ---- data processing */

static bool read_immediate(uint32_t insn, struct access *access)
{
    access->written = x(insn, D);
    switch (bits(insn, 25, 23)) {
    case 0: /* ADR, ADRP */
    case 1:
        return true;
    case 5: /* MOVN, MOVZ, MOVK */
        access->read = bits(insn, 30, 29) == 3 ? x(insn, D) : 0;
        return bits(insn, 30, 29) != 1;
    case 6: /* BFM keeps bits of the destination */
        access->read = x(insn, N) | (bits(insn, 30, 29) == 1 ? x(insn, D) : 0);
        return true;
    case 7: /* EXTR */
        access->read = x(insn, N) | x(insn, M);
        return bits(insn, 30, 29) == 0;
    default: /* add, subtract, logical */
        access->read = x(insn, N);
        return true;
    }
}

static bool read_register_form(uint32_t insn, struct access *access)
{
    access->read = x(insn, N) | x(insn, M);
    access->written = x(insn, D);
    if (!bits(insn, 28, 28))
        return true; /* add, subtract, logical */
    if (bits(insn, 24, 24)) {
        access->read |= x(insn, A); /* multiply and add */
        return true;
    }
    switch (bits(insn, 23, 21)) {
    case 0: /* ADC, SBC; RMIF, SETF8 */
        if (bits(insn, 14, 10) == 1 || bits(insn, 13, 10) == 2) {
            access->read = x(insn, N);
            access->written = 0;
            return true;
        }
        return !bits(insn, 15, 10);
    case 2: /* CCMN, CCMP */
        if (bits(insn, 11, 11))
            access->read = x(insn, N);
        access->written = 0;
        return true;
    case 4: /* CSEL and the like */
        return true;
    case 6: /* two sources, or one */
        if (bits(insn, 30, 30))
            access->read = x(insn, N);
        return true;
    default:
        return false;
    }
}

/* Conversions between floating point and general-purpose registers, and FMOV. */
static bool read_conversion(uint32_t insn, struct access *access)
{
    unsigned opcode = bits(insn, 18, 16), rounding = bits(insn, 20, 19);
    bool to_float =
        ((opcode == 2 || opcode == 3) && rounding == 0) || (opcode == 7 && rounding < 2);
    access->read = to_float ? x(insn, N) : v(insn, N);
    access->written = to_float ? v(insn, D) : x(insn, D);
    return to_float || opcode < 2 || (opcode < 6 && opcode > 3 && rounding == 0) ||
           (opcode == 6 && rounding != 2);
}

static bool read_scalar_float(uint32_t insn, struct access *access)
{
    access->written = v(insn, D);
    access->read = v(insn, N) | v(insn, M);
    if (bits(insn, 24, 24)) { /* multiply and add */
        access->read |= v(insn, A);
    } else if (!bits(insn, 21, 21) || bits(insn, 15, 10) == 0) {
        return read_conversion(insn, access);
    } else if (bits(insn, 14, 10) == 0x10) { /* one source */
        access->read = v(insn, N);
    } else if (bits(insn, 13, 10) == 8) { /* FCMP; bit 3: with zero */
        access->written = 0;
        if (bits(insn, 3, 3))
            access->read = v(insn, N);
    } else if (bits(insn, 12, 10) == 4) { /* FMOV of an immediate */
        access->read = 0;
    } else if (bits(insn, 11, 10) == 1) { /* FCCMP */
        access->written = 0;
    }
    return true;
}

/* Vector instructions. All write a vector register but for SMOV and UMOV. */
static void read_vector(uint32_t insn, struct access *access)
{
    access->written = v(insn, D);
    if ((insn & 0x9fe08400) == 0x0e000400) { /* copy */
        unsigned from = bits(insn, 29, 29) ? 0 : bits(insn, 14, 11);
        if (from == 5 || from == 7) { /* SMOV, UMOV */
            access->written = x(insn, D);
            access->read = v(insn, N);
        } else {
            access->read = from == 1 || from == 3 ? x(insn, N) : v(insn, N);
        }
        return;
    }
    if ((insn & 0xbfe0fc00) == 0x2e201c00 && bits(insn, 20, 16) == bits(insn, 9, 5))
        return;                              /* EOR of one register with itself */
    if ((insn & 0x8f200400) == 0x0e200400 || /* three registers of the same size */
        (insn & 0x8f200c00) == 0x0e200000 || /* three of different sizes */
        (insn & 0xbf208c00) == 0x0e000800)   /* UZP1, TRN1, ZIP1 and the like */
        access->read = v(insn, N) | v(insn, M);
    else if ((insn & 0x8f200c00) == 0x0e200800 || /* two registers, across lanes */
             (insn & 0x8f000400) == 0x0f000000 || /* by element */
             ((insn & 0x8f800400) == 0x0f000400 && bits(insn, 22, 19))) /* shift by immediate */
        access->read = v(insn, N);
}

/* ---- branches and system instructions */

static bool read_branch(uint32_t insn, struct access *access)
{
    enum { SVC = 1 };
    switch (bits(insn, 31, 29)) {
    case 0: /* B */
    case 4: /* BL */
        access->is_branch = true;
        access->is_call = bits(insn, 31, 31);
        return true;
    case 1: /* CBZ, CBNZ, TBZ, TBNZ */
    case 5:
        access->is_branch = true;
        access->read = x(insn, D);
        return true;
    case 2: /* B.cond */
        access->is_branch = true;
        return bits(insn, 25, 24) == 0;
    case 6:
        break;
    default:
        return false;
    }
    if (bits(insn, 25, 25)) { /* BR, BLR, RET and those with authentication */
        unsigned operation = bits(insn, 22, 21);
        access->is_branch = true;
        access->is_call = operation == 1;
        access->is_return = operation == 2;
        access->read = x(insn, N);
        return operation != 3;
    }
    if (bits(insn, 24, 24)) { /* system */
        if (bits(insn, 21, 21))
            access->written = x(insn, D);
        else
            access->read = x(insn, D);
        return bits(insn, 23, 22) == 0;
    }
    if (bits(insn, 23, 21) == 0) { /* a system call preserves all but x0 */
        access->written = x_of(0);
        return bits(insn, 1, 0) == SVC;
    }
    return true; /* BRK and the like */
}

/* ---- loads and stores */

/* The registers of LD1 to LD4 and ST1 to ST4. */
static uint64_t structure_of(uint32_t insn)
{
    static const uint8_t of_opcode[16] = {
        [0] = 4, [2] = 4, [4] = 3, [6] = 3, [7] = 1, [8] = 2, [10] = 2};
    unsigned n = bits(insn, 24, 24) ? (bits(insn, 13, 13) << 1 | bits(insn, 21, 21)) + 1
                                    : of_opcode[bits(insn, 15, 12)];
    uint64_t registers = 0;
    for (unsigned i = 0; i < n; i++)
        registers |= v_of(bits(insn, 4, 0) + i);
    return registers;
}

static void move_data(struct access *access, uint64_t registers, bool is_load)
{
    if (is_load)
        access->written |= registers;
    else
        access->stored |= registers;
}

static bool read_structure(uint32_t insn, struct access *access)
{
    move_data(access, structure_of(insn), bits(insn, 22, 22));
    access->read = x(insn, N);
    if (bits(insn, 23, 23)) { /* post-indexed */
        access->read |= x(insn, M);
        access->written |= x(insn, N);
    }
    return !bits(insn, 31, 31);
}

/* Exclusive and ordered accesses, and compare and swap. */
static bool read_exclusive(uint32_t insn, struct access *access)
{
    bool is_ordered = bits(insn, 23, 23), is_pair = bits(insn, 21, 21);
    uint64_t data = x(insn, D), status = x(insn, M);
    if (bits(insn, 24, 24))
        return false;
    access->read = x(insn, N);
    if (is_pair && (is_ordered || !bits(insn, 31, 31))) { /* CAS, CASP */
        if (!is_ordered) {
            data |= x_of((bits(insn, 4, 0) + 1) % 32);
            status |= x_of((bits(insn, 20, 16) + 1) % 32);
        }
        access->read |= status | data;
        access->written = status;
        return true;
    }
    if (is_pair)
        data |= x(insn, A);
    move_data(access, data, bits(insn, 22, 22));
    if (!is_ordered && !bits(insn, 22, 22))
        access->written |= status;
    return true;
}

static bool read_pair(uint32_t insn, struct access *access)
{
    uint64_t data = bits(insn, 26, 26) ? v(insn, D) | v(insn, A) : x(insn, D) | x(insn, A);
    move_data(access, data, bits(insn, 22, 22));
    access->read = x(insn, N);
    if (bits(insn, 23, 23))
        access->written |= x(insn, N);
    return true;
}

static bool read_atomic(uint32_t insn, struct access *access)
{
    unsigned operation = bits(insn, 14, 12);
    access->read = x(insn, N) | x(insn, M);
    access->written = x(insn, D);
    /* With bit 15, 0 is SWP and 4 is LDAPR; others access 64 bytes. */
    return !bits(insn, 26, 26) && (!bits(insn, 15, 15) || operation == 0 || operation == 4);
}

static bool read_single(uint32_t insn, struct access *access)
{
    bool is_vector = bits(insn, 26, 26), has_offset = bits(insn, 24, 24);
    unsigned operation = bits(insn, 23, 22), form = bits(insn, 11, 10);
    if (!has_offset && bits(insn, 21, 21) && form == 0)
        return read_atomic(insn, access);
    access->read = x(insn, N);
    if (!has_offset && bits(insn, 21, 21) && (form & 1)) { /* LDRAA, LDRAB */
        access->written = x(insn, D) | (form & 2 ? x(insn, N) : 0);
        return !is_vector;
    }
    if (!has_offset && bits(insn, 21, 21))
        access->read |= x(insn, M);
    else if (!has_offset && (form & 1)) /* before or after the access */
        access->written = x(insn, N);
    bool is_prefetch = !is_vector && bits(insn, 31, 30) == 3 && operation == 2;
    if (!is_prefetch)
        move_data(access, is_vector ? v(insn, D) : x(insn, D),
                  is_vector ? operation & 1 : operation != 0);
    return true;
}

static bool read_load_or_store(uint32_t insn, struct access *access)
{
    bool is_vector = bits(insn, 26, 26);
    switch (bits(insn, 29, 28)) {
    case 0:
        return is_vector ? read_structure(insn, access) : read_exclusive(insn, access);
    case 1:
        if (!bits(insn, 24, 24)) { /* literal; 3: prefetch */
            if (is_vector || bits(insn, 31, 30) != 3)
                access->written = is_vector ? v(insn, D) : x(insn, D);
            return true;
        }
        /* LDAPUR, STLUR; others copy memory or are of later extensions. */
        access->read = x(insn, N);
        move_data(access, x(insn, D), bits(insn, 23, 22) != 0);
        return !is_vector && !bits(insn, 21, 21) && bits(insn, 11, 10) == 0;
    case 2:
        return read_pair(insn, access);
    default:
        return read_single(insn, access);
    }
}

/* false: the instruction is not known. */
static bool read_insn(uint32_t insn, struct access *access)
{
    memset(access, 0, sizeof(*access));
    switch (bits(insn, 28, 25)) {
    case 8:
    case 9:
        return read_immediate(insn, access);
    case 10:
    case 11:
        return read_branch(insn, access);
    case 4:
    case 6:
    case 12:
    case 14:
        return read_load_or_store(insn, access);
    case 5:
    case 13:
        return read_register_form(insn, access);
    case 7:
    case 15:
        if ((insn & 0x5e000000) == 0x1e000000)
            return read_scalar_float(insn, access);
        read_vector(insn, access);
        return true;
    default: /* reserved, SME, SVE */
        return false;
    }
}

struct abi_code abi_code_read(const uint8_t *code, size_t n)
{
    static const struct abi_code unknown = {.written = ALL, .written_first = ALL};
    struct abi_code result = {0};
    bool straight = true;
    uint64_t written = 0;
    if (n == 0 || n % sizeof(uint32_t))
        return unknown;
    for (size_t at = 0; at < n; at += sizeof(uint32_t)) {
        uint32_t insn;
        struct access access;
        memcpy(&insn, code + at, sizeof(insn));
        if (!read_insn(insn, &access))
            return unknown;
        if (straight) {
            result.saves_volatile |= (access.stored & volatile_registers & ~written) != 0;
            result.read_first |= arguments_of(access.read & ~written);
            result.read_or_stored |= arguments_of((access.read | access.stored) & ~written);
        }
        written |= access.written;
        result.written = arguments_of(written);
        if (access.is_call)
            result.results = RESULTS;
        if (straight && access.is_branch) {
            straight = false;
            result.written_first = access.is_call || access.is_return ? result.written : ALL;
        }
    }
    if (result.written_first == ALL || straight)
        result.written_first = result.written;
    return result;
}

/* Arm ARM, B.cond, CBZ and CBNZ: 19 bits of distance in words, from bit 5 on. */
bool abi_code_jumps_if(const uint8_t *code, size_t n, uint64_t at, uint64_t target)
{
    enum { DISTANCE_BITS = 19 };
    for (size_t i = 0; i + 4 <= n; i += 4) {
        uint32_t word;
        memcpy(&word, code + i, sizeof(word));
        if ((word & 0xff000000) != 0x54000000 && (word & 0x7e000000) != 0x34000000)
            continue;
        int64_t distance =
            (int64_t)((uint64_t)(word >> 5) << (64 - DISTANCE_BITS)) >> (64 - DISTANCE_BITS);
        if (at + i + 4 * (uint64_t)distance == target)
            return true;
    }
    return false;
}
