/* SPDX-License-Identifier: MIT */
/*
 * The procedure call standard of arm64. The places were compared with what GCC 12 and clang 14
 * generate for functions with such parameters and results.
 */
#include <elf.h>

#include "symbols/abi/abi.h"
#include "unit/abi_values.h"
#include "unit/check_main.h"

#define HALF    SCALAR(2, ABI_FLOAT)
#define VECTOR8 SCALAR(8, ABI_VECTOR)
#define CHAR    SCALAR(1, ABI_INTEGER)
/* Structures of n elements of the same size. */
#define TWO(bytes, kind) STRUCT(2 * (bytes), bytes, 2, {0, bytes, kind}, {bytes, bytes, kind})
#define FOUR(bytes, kind)                                                                          \
    STRUCT(4 * (bytes), bytes, 4, {0, bytes, kind}, {bytes, bytes, kind},                          \
           {2 * (bytes), bytes, kind}, {3 * (bytes), bytes, kind})
/* struct { __int128 } */
#define ALIGNED16 STRUCT(16, 16, 2, {0, 8, ABI_INTEGER}, {8, 8, ABI_INTEGER})
/* struct { long a, b; } with an attribute of the type: its natural alignment is less. */
#define OVERALIGNED                                                                                \
    {                                                                                              \
        .shape = ABI_AGGREGATE, .size = 16, .align = 16, .n_parts = 2,                             \
        .parts = PARTS({0, 8, ABI_INTEGER}, {8, 8, ABI_INTEGER}), .natural_align = 8               \
    }
/* One of the two before whose alignment is not certain. */
#define UNCERTAIN(align_, mask)                                                                    \
    {                                                                                              \
        .shape = ABI_AGGREGATE, .size = 16, .align = align_, .uncertain = mask, .n_parts = 2,      \
        .parts = PARTS({0, 8, ABI_INTEGER}, {8, 8, ABI_INTEGER})                                   \
    }
#define SEVEN_INTS   INT, INT, INT, INT, INT, INT, INT
#define SEVEN_FLOATS FLOAT, FLOAT, FLOAT, FLOAT, FLOAT, FLOAT, FLOAT
#define I0_TO_I6     "i0, i1, i2, i3, i4, i5, i6"
#define F0_TO_F6     "f0, f1, f2, f3, f4, f5, f6"

static const struct {
    struct abi_value result;
    size_t n;
    struct abi_value args[17];
    const char *wanted; /* "result; argument, argument": see abi_values.h */
} cases[] = {
    {NONE, 0, {NONE}, "-;"},
    {INT, 2, {INT, LONG}, "I0; i0, i1"},
    {DOUBLE, 4, {DOUBLE, INT, FLOAT, HALF}, "F0; f0, i0, f1, f2"},
    {LONG, 10, {SEVEN_INTS, LONG, INT, CHAR}, "I0; " I0_TO_I6 ", i7, s0, s8"},
    {FLOAT, 11, {SEVEN_FLOATS, FLOAT, FLOAT, INT, HALF}, "F0; " F0_TO_F6 ", f7, s0, i0, s8"},
    /* long double is in a vector register, and 16-byte aligned on the stack. */
    {QUAD, 3, {QUAD, INT, QUAD}, "F0; f0, i0, f1"},
    {NONE, 10, {SEVEN_FLOATS, FLOAT, FLOAT, QUAD}, "-; " F0_TO_F6 ", f7, s0, s16"},
    {VECTOR, 3, {VECTOR8, VECTOR, INT}, "F0; f0, f1, i0"},
    {NONE, 10, {SEVEN_FLOATS, FLOAT, VECTOR8, VECTOR}, "-; " F0_TO_F6 ", f7, s0, s16"},

    /* C.10: an even register first, or the 16-byte aligned stack; C.13: no register is left. */
    {INT128, 2, {INT128, INT}, "I0+I1; i0+i1, i2"},
    {NONE, 3, {INT, INT128, INT}, "-; i0, i2+i3, i4"},
    {NONE, 9, {SEVEN_INTS, INT128, INT}, "-; " I0_TO_I6 ", s0, s16"},
    {NONE, 10, {SEVEN_INTS, INT, INT, INT128}, "-; " I0_TO_I6 ", i7, s0, s16"},
    {NONE, 3, {INT, ALIGNED16, INT}, "-; i0, i2+i3, i4"},
    {NONE, 3, {INT, OVERALIGNED, INT}, "-; i0, i1+i2, i3"},
    {NONE, 10, {SEVEN_INTS, INT, INT, OVERALIGNED}, "-; " I0_TO_I6 ", i7, s0, s8"},

    /* Structures of up to 16 bytes: one or two registers, or the stack. */
    {TWO_LONGS, 2, {TWO_LONGS, INT}, "I0+I1; i0+i1, i2"},
    {NONE, 3, {INT, TWO_LONGS, INT}, "-; i0, i1+i2, i3"},
    {NONE, 9, {SEVEN_INTS, TWO_LONGS, INT}, "-; " I0_TO_I6 ", s0, s16"},
    {STRUCT(12, 4, 3, {0, 4, ABI_INTEGER}, {4, 4, ABI_INTEGER}, {8, 4, ABI_INTEGER}),
     1,
     {STRUCT(3, 1, 3, {0, 1, ABI_INTEGER}, {1, 1, ABI_INTEGER}, {2, 1, ABI_INTEGER})},
     "I0+I1; i0"},
    {NONE,
     10,
     {SEVEN_INTS, INT,
      STRUCT(3, 1, 3, {0, 1, ABI_INTEGER}, {1, 1, ABI_INTEGER}, {2, 1, ABI_INTEGER}),
      STRUCT(12, 4, 3, {0, 4, ABI_INTEGER}, {4, 4, ABI_INTEGER}, {8, 4, ABI_INTEGER})},
     "-; " I0_TO_I6 ", i7, s0, s8"},
    /* {double; char *}, {float; int}: not of one type */
    {STRUCT(16, 8, 2, {0, 8, ABI_FLOAT}, {8, 8, ABI_INTEGER}),
     3,
     {STRUCT(16, 8, 2, {0, 8, ABI_FLOAT}, {8, 8, ABI_INTEGER}),
      STRUCT(8, 4, 2, {0, 4, ABI_FLOAT}, {4, 4, ABI_INTEGER}), DOUBLE},
     "I0+I1; i0+i1, i2, f0"},
    {NONE, 1, {STRUCT(16, 8, 2, {0, 4, ABI_FLOAT}, {8, 8, ABI_FLOAT})}, "-; i0+i1"},
    /* Packed members and bit-fields make no difference. */
    {NONE, 2, {STRUCT(9, 1, 2, {0, 1, ABI_INTEGER}, {1, 8, ABI_INTEGER}), INT}, "-; i0+i1, i2"},
    {NONE, 1, {STRUCT(8, 4, 2, {0, 3, ABI_BIT_FIELD}, {3, 5, ABI_BIT_FIELD})}, "-; i0"},

    /* Larger ones by address, which takes a register or a stack slot; x8 for results. */
    {BIG, 3, {INT, BIG, INT}, "&R; i0, &i1, i2"},
    {NONE, 10, {SEVEN_INTS, INT, BIG, BIG}, "-; " I0_TO_I6 ", i7, &s0, &s8"},
    {STRUCT(4096, 4, 1, {0, 4, ABI_INTEGER}),
     2,
     {STRUCT(4096, 4, 1, {0, 4, ABI_INTEGER}), INT},
     "&R; &i0, i1"},

    /* Homogeneous aggregates: each member has a register of its own. */
    {STRUCT(4, 4, 1, {0, 4, ABI_FLOAT}),
     2,
     {STRUCT(4, 4, 1, {0, 4, ABI_FLOAT}), FLOAT},
     "F0; f0, f1"},
    {TWO(4, ABI_FLOAT), 2, {TWO(4, ABI_FLOAT), FLOAT}, "F0-F1*4; f0-f1*4, f2"},
    {TWO(8, ABI_FLOAT), 2, {TWO(8, ABI_FLOAT), FLOAT}, "F0+F1; f0+f1, f2"},
    {TWO(2, ABI_FLOAT), 1, {TWO(2, ABI_FLOAT)}, "F0-F1*2; f0-f1*2"},
    {FOUR(8, ABI_FLOAT), 2, {FOUR(8, ABI_FLOAT), FOUR(4, ABI_FLOAT)}, "F0-F3*8; f0-f3*8, f4-f7*4"},
    {FOUR(16, ABI_FLOAT), 1, {FOUR(16, ABI_FLOAT)}, "F0-F3*16; f0-f3*16"},
    {FOUR(16, ABI_VECTOR),
     2,
     {FOUR(16, ABI_VECTOR), TWO(8, ABI_VECTOR)},
     "F0-F3*16; f0-f3*16, f4+f5"},
    {COMPLEX(4, ABI_FLOAT),
     2,
     {COMPLEX(4, ABI_FLOAT), COMPLEX(8, ABI_FLOAT)},
     "F0-F1*4; f0-f1*4, f2+f3"},
    {COMPLEX(16, ABI_FLOAT), 2, {INT, COMPLEX(16, ABI_FLOAT)}, "F0-F1*16; i0, f0-f1*16"},
    /* A union of one and of two floats. */
    {NONE, 1, {STRUCT(8, 4, 2, {0, 4, ABI_FLOAT}, {4, 4, ABI_FLOAT})}, "-; f0-f1*4"},
    /* Those that are none: five members, two sizes, vectors and floats, padding. */
    {STRUCT(20, 4, 5, {0, 4, ABI_FLOAT}, {4, 4, ABI_FLOAT}, {8, 4, ABI_FLOAT}, {12, 4, ABI_FLOAT},
            {16, 4, ABI_FLOAT}),
     1,
     {STRUCT(20, 4, 5, {0, 4, ABI_FLOAT}, {4, 4, ABI_FLOAT}, {8, 4, ABI_FLOAT}, {12, 4, ABI_FLOAT},
             {16, 4, ABI_FLOAT})},
     "&R; &i0"},
    {STRUCT(32, 16, 2, {0, 8, ABI_VECTOR}, {16, 16, ABI_VECTOR}),
     1,
     {STRUCT(16, 8, 2, {0, 8, ABI_VECTOR}, {8, 8, ABI_FLOAT})},
     "&R; i0+i1"},
    {NONE, 1, {STRUCT(8, 8, 2, {0, 4, ABI_FLOAT}, {0, 8, ABI_FLOAT})}, "-; i0"},
    {STRUCT(16, 16, 1, {0, 4, ABI_FLOAT}),
     1,
     {STRUCT(12, 4, 2, {0, 4, ABI_FLOAT}, {8, 4, ABI_FLOAT})},
     "I0+I1; i0+i1"},
    /* Not enough registers: all of it is on the stack, and what follows. */
    {NONE,
     16,
     {SEVEN_FLOATS, TWO(4, ABI_FLOAT), FLOAT, TWO(16, ABI_FLOAT), FLOAT,
      STRUCT(4, 4, 1, {0, 4, ABI_FLOAT}),
      STRUCT(12, 4, 3, {0, 4, ABI_FLOAT}, {4, 4, ABI_FLOAT}, {8, 4, ABI_FLOAT}), HALF, VECTOR8,
      VECTOR},
     "-; " F0_TO_F6 ", s0, s8, s16, s48, s56, s64, s80, s88, s96"},
    {NONE,
     15,
     {SEVEN_INTS, INT128, INT, OVERALIGNED, ALIGNED16, CHAR, ALIGNED16, OVERALIGNED, HALF},
     "-; " I0_TO_I6 ", s0, s16, s24, s48, s64, s80, s96, f0"},

    /* C++: an empty class takes a register. GNU C: an empty structure has no size. */
    {EMPTY, 2, {EMPTY, INT}, "I0; i0, i1"},
    {NONE, 2, {STRUCT(0, 1, 0, {0}), INT}, "-; -, i0"},
    {INDIRECT, 2, {INDIRECT, INT}, "&R; &i0, i1"},
    {NONE, 9, {SEVEN_INTS, INT, INDIRECT}, "-; " I0_TO_I6 ", i7, &s0"},

    /* An alignment that is not certain: what follows is not known if it makes a difference. */
    {NONE, 3, {UNCERTAIN(16, ABI_MAY_BE_PACKED), FLOAT, INT}, "-; i0+i1, f0, i2"},
    {NONE, 5, {INT, UNCERTAIN(16, ABI_MAY_BE_PACKED), FLOAT, INT, BIG}, "-; i0, -, f0, -, -"},
    {NONE, 3, {INT, UNCERTAIN(8, ABI_MAY_BE_ALIGNED), INT}, "-; i0, -, -"},
    {NONE, 3, {INT, UNCERTAIN(8, ABI_NATURAL_ALIGN_UNSURE), INT}, "-; i0, -, -"},
    {NONE, 3, {INT, UNCERTAIN(8, ABI_MAY_BE_PACKED), INT}, "-; i0, i1+i2, i3"},
    {NONE, 3, {INT, UNCERTAIN(16, ABI_MAY_BE_ALIGNED), INT}, "-; i0, i2+i3, i4"},
    {NONE, 9, {SEVEN_INTS, UNCERTAIN(16, ABI_MAY_BE_PACKED), INT}, "-; " I0_TO_I6 ", s0, s16"},
    {NONE,
     11,
     {SEVEN_INTS, INT, INT, UNCERTAIN(16, ABI_MAY_BE_PACKED), INT},
     "-; " I0_TO_I6 ", i7, s0, -, -"},

    /* What follows an unknown argument is unknown; the result does not matter for arguments. */
    {INT, 3, {INT, UNKNOWN, INT}, "I0; i0, -, -"},
    {UNKNOWN, 1, {INT}, "-; i0"},
    /* By address, or in SVE's registers. */
    {VECTOR32, 3, {INT, VECTOR32, INT}, "-; i0, -, -"},
    {NONE, 2, {STRUCT(32, 32, 1, {0, 32, ABI_VECTOR}), INT}, "-; -, -"},
    /* A decimal number is passed like a float; a structure of them may be homogeneous. */
    {SCALAR(8, ABI_OTHER_FLOAT),
     3,
     {SCALAR(8, ABI_OTHER_FLOAT), TWO(2, ABI_OTHER_FLOAT), INT},
     "F0; f0, -, -"},
    /* Sizes that only damaged files have */
    {NONE, 2, {STRUCT(UINT64_MAX, 1, 1, {0, 8, ABI_INTEGER}), INT}, "-; -, -"},
    {NONE, 2, {STRUCT(16, UINT64_MAX, 1, {0, 16, ABI_FLOAT}), INT}, "-; -, -"},
    {NONE, 2, {STRUCT(8, 8, 1, {8, 8, ABI_INTEGER}), INT}, "-; -, -"},
};

START_TEST(places)
{
    struct abi_location result, args[17];
    char shown[256] = "";
    abi_place(&cases[_i].result, &result, cases[_i].args, cases[_i].n, (struct abi_quirks){0},
              args);
    show(shown, &result);
    strcat(shown, ";");
    for (size_t i = 0; i < cases[_i].n; i++) {
        strcat(shown, i ? ", " : " ");
        show(shown, &args[i]);
    }
    ck_assert_str_eq(shown, cases[_i].wanted);
}
END_TEST

START_TEST(knows_registers_by_number)
{
    static const struct {
        uint64_t number;
        const char *wanted;
    } registers[] = {{0, "i0"}, {7, "i7"},  {8, "-"},   {29, "-"}, {31, "-"},
                     {63, "-"}, {64, "f0"}, {71, "f7"}, {72, "-"}, {UINT64_MAX, "-"}};
    for (size_t i = 0; i < sizeof(registers) / sizeof(*registers); i++) {
        struct value_place place = {0};
        char shown[32] = "";
        bool known = abi_argument_register(registers[i].number, &place);
        show_place(shown, &place);
        ck_assert_str_eq(shown, registers[i].wanted);
        ck_assert_int_eq(known, place.kind != PLACE_NONE);
    }
    ck_assert(abi_frame_register(29));
    ck_assert(abi_frame_register(31));
    ck_assert(!abi_frame_register(30));
    ck_assert(abi_frame_address(31, 0));
    ck_assert(!abi_frame_address(31, 8));
    ck_assert(!abi_frame_address(29, 0));
    int64_t offset;
    ck_assert(!abi_frame_pointer(29, &offset));
    ck_assert_uint_eq(abi_integer_arguments(), 8);
}
END_TEST

START_TEST(knows_elf_files)
{
    ck_assert_uint_eq(abi_elf_machine(), EM_AARCH64);
    ck_assert_int_eq(abi_relocation(R_AARCH64_ABS64), ABI_RELOCATION_SYMBOL);
    ck_assert_int_eq(abi_relocation(R_AARCH64_ABS32), ABI_RELOCATION_HALF);
    ck_assert_int_eq(abi_relocation(R_AARCH64_GLOB_DAT), ABI_RELOCATION_SYMBOL);
    ck_assert_int_eq(abi_relocation(R_AARCH64_JUMP_SLOT), ABI_RELOCATION_SYMBOL);
    ck_assert_int_eq(abi_relocation(R_AARCH64_IRELATIVE), ABI_RELOCATION_RESOLVED);
    ck_assert_int_eq(abi_relocation(R_AARCH64_RELATIVE), ABI_RELOCATION_OTHER);
    ck_assert_int_eq(abi_relocation(R_AARCH64_TLSDESC), ABI_RELOCATION_OTHER);
    /* STO_AARCH64_VARIANT_PCS; the visibility does not matter. */
    ck_assert(abi_symbol_is_variant(0x80));
    ck_assert(abi_symbol_is_variant(0x80 | STV_PROTECTED));
    ck_assert(!abi_symbol_is_variant(STV_HIDDEN));
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_loop_test(tests, places, 0, sizeof(cases) / sizeof(*cases));
    tcase_add_test(tests, knows_registers_by_number);
    tcase_add_test(tests, knows_elf_files);
}

CHECK_MAIN("abi_aarch64", 10, add_tests)
