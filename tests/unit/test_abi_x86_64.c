/* SPDX-License-Identifier: MIT */
/* The examples of the ABI documents, and the observed behaviour of compilers. */
#include "symbols/abi/abi.h"
#include "unit/abi_values.h"
#include "unit/check_main.h"

static const struct {
    struct abi_value result;
    size_t n;
    struct abi_value args[12];
    const char *wanted; /* "result; argument, argument": i1 f2 s16 I0 F1 X, & for an address */
} cases[] = {
    {NONE, 0, {NONE}, "-;"},
    {INT, 2, {INT, LONG}, "I0; i0, i1"},
    {DOUBLE, 3, {DOUBLE, INT, FLOAT}, "F0; f0, i0, f1"},
    {LONG, 8, {INT, INT, INT, INT, INT, INT, INT, LONG}, "I0; i0, i1, i2, i3, i4, i5, s0, s8"},
    {FLOAT,
     11,
     {FLOAT, FLOAT, FLOAT, FLOAT, FLOAT, FLOAT, FLOAT, FLOAT, FLOAT, INT, DOUBLE},
     "F0; f0, f1, f2, f3, f4, f5, f6, f7, s0, i0, s8"},
    /* long double: on the stack, 16-byte aligned; back in st(0). */
    {EXTENDED, 3, {EXTENDED, INT, EXTENDED}, "X; s0, i0, s16"},
    {NONE, 8, {INT, INT, INT, INT, INT, INT, INT, EXTENDED}, "-; i0, i1, i2, i3, i4, i5, s0, s16"},
    {INT128, 2, {INT128, INT}, "I0+I1; i0+i1, i2"},
    /* Not split between the last register and the stack; the register stays for the next one. */
    {NONE, 8, {INT, INT, INT, INT, INT, INT128, INT, INT}, "-; i0, i1, i2, i3, i4, s0, i5, s16"},
    {NONE, 8, {INT, INT, INT, INT, INT, INT, INT, INT128}, "-; i0, i1, i2, i3, i4, i5, s0, s16"},
    {TWO_LONGS, 2, {TWO_LONGS, INT}, "I0+I1; i0+i1, i2"},
    {BIG, 3, {INT, BIG, INT}, "&I0; i1, s0, i2"},
    /* {double; char *}, {float x 3}, {float; int} (one eightbyte of both: INTEGER) */
    {STRUCT(16, 8, 2, {0, 8, ABI_FLOAT}, {8, 8, ABI_INTEGER}),
     2,
     {STRUCT(16, 8, 2, {0, 8, ABI_INTEGER}, {8, 8, ABI_FLOAT}),
      STRUCT(16, 8, 2, {0, 8, ABI_FLOAT}, {8, 8, ABI_INTEGER})},
     "F0+I0; i0+f0, f1+i1"},
    {STRUCT(12, 4, 3, {0, 4, ABI_FLOAT}, {4, 4, ABI_FLOAT}, {8, 4, ABI_FLOAT}),
     2,
     {STRUCT(12, 4, 3, {0, 4, ABI_FLOAT}, {4, 4, ABI_FLOAT}, {8, 4, ABI_FLOAT}),
      STRUCT(8, 4, 2, {0, 4, ABI_FLOAT}, {4, 4, ABI_INTEGER})},
     "F0+F1; f0+f1, i0"},
    /* packed: an unaligned field means memory */
    {STRUCT(9, 1, 2, {0, 1, ABI_INTEGER}, {1, 8, ABI_INTEGER}),
     2,
     {STRUCT(9, 1, 2, {0, 1, ABI_INTEGER}, {1, 8, ABI_INTEGER}), INT},
     "&I0; s0, i1"},
    /* bit-fields need not be aligned */
    {NONE, 1, {STRUCT(8, 4, 2, {0, 3, ABI_BIT_FIELD}, {3, 5, ABI_BIT_FIELD})}, "-; i0"},
    /* union {long; double}: INTEGER; union {float; double}: SSE */
    {NONE, 1, {STRUCT(8, 8, 2, {0, 8, ABI_INTEGER}, {0, 8, ABI_FLOAT})}, "-; i0"},
    {NONE, 1, {STRUCT(8, 8, 2, {0, 4, ABI_FLOAT}, {0, 8, ABI_FLOAT})}, "-; f0"},
    /* struct {long double}: memory as an argument, st(0) as a result */
    {STRUCT(16, 16, 1, {0, 16, ABI_EXTENDED}),
     1,
     {STRUCT(16, 16, 1, {0, 16, ABI_EXTENDED})},
     "X; s0"},
    /* union {long double; long}: X87 and INTEGER do not go together */
    {STRUCT(16, 16, 2, {0, 16, ABI_EXTENDED}, {0, 8, ABI_INTEGER}),
     1,
     {STRUCT(16, 16, 2, {0, 16, ABI_EXTENDED}, {0, 8, ABI_INTEGER})},
     "&I0; s0"},
    /* struct {char; } aligned to 16: the second eightbyte is padding and takes no register */
    {NONE, 2, {STRUCT(16, 16, 1, {0, 1, ABI_INTEGER}), INT}, "-; i0, i1"},
    {NONE,
     9,
     {DOUBLE, DOUBLE, DOUBLE, DOUBLE, DOUBLE, DOUBLE, DOUBLE, DOUBLE,
      STRUCT(16, 16, 1, {0, 1, ABI_INTEGER})},
     "-; f0, f1, f2, f3, f4, f5, f6, f7, i0"},
    {VECTOR, 3, {VECTOR, DOUBLE, QUAD}, "F0; f0, f1, f2"},
    {VECTOR32, 2, {VECTOR32, STRUCT(32, 32, 1, {0, 32, ABI_VECTOR})}, "-; -, -"},
    /* a wide vector is in a register or on the stack: of what follows, only integers are certain */
    {NONE,
     5,
     {DOUBLE, VECTOR32, INT, DOUBLE, STRUCT(24, 8, 1, {0, 8, ABI_INTEGER})},
     "-; f0, -, i0, -, -"},
    {NONE,
     4,
     {VECTOR32, INT, STRUCT(16, 8, 2, {0, 8, ABI_INTEGER}, {8, 8, ABI_FLOAT}), INT},
     "-; -, i0, -, -"},
    /* as arguments, both kinds of complex numbers of 32 bytes go to memory */
    {NONE, 2, {WIDE, DOUBLE}, "-; s0, f0"},
    {WIDE, 1, {INT}, "-; -"},
    /* four doubles are not a vector */
    {NONE,
     1,
     {STRUCT(32, 8, 4, {0, 8, ABI_FLOAT}, {8, 8, ABI_FLOAT}, {16, 8, ABI_FLOAT},
             {24, 8, ABI_FLOAT})},
     "-; s0"},
    {COMPLEX(4, ABI_FLOAT), 2, {COMPLEX(4, ABI_FLOAT), COMPLEX(8, ABI_FLOAT)}, "F0; f0, f1+f2"},
    {COMPLEX(16, ABI_EXTENDED), 2, {INT, COMPLEX(16, ABI_EXTENDED)}, "X; i0, s0"},
    /* C++: nothing for an empty class, an address for one with a copy constructor */
    {NONE, 2, {EMPTY, INT}, "-; -, i0"},
    {INDIRECT, 2, {INDIRECT, INT}, "&I0; &i1, i2"},
    {NONE, 7, {INT, INT, INT, INT, INT, INT, INDIRECT}, "-; i0, i1, i2, i3, i4, i5, &s0"},
    /* What follows an unknown argument is unknown */
    {INT, 3, {INT, UNKNOWN, INT}, "I0; i0, -, -"},
    {UNKNOWN, 1, {INT}, "-; -"},
    /* Sizes that only damaged files have */
    {NONE, 2, {STRUCT(UINT64_MAX, 1, 1, {0, 8, ABI_INTEGER}), INT}, "-; -, -"},
    {NONE, 2, {STRUCT(16, UINT64_MAX, 1, {0, 16, ABI_EXTENDED}), INT}, "-; -, -"},
    {NONE, 2, {STRUCT(8, 8, 1, {8, 8, ABI_INTEGER}), INT}, "-; s0, i0"},
};

START_TEST(places)
{
    struct abi_location result, args[12];
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

/* The behaviour of clang before LLVM 18. */
START_TEST(splits_int128)
{
    static const struct abi_part halves[] = {{0, 8, ABI_INTEGER}, {8, 8, ABI_INTEGER}};
    static const struct abi_value int128 = {
        .shape = ABI_INT128, .size = 16, .align = 16, .n_parts = 2, .parts = halves};
    static const struct abi_part mixed_parts[] = {{0, 4, ABI_INTEGER}, {8, 8, ABI_FLOAT}};
    static const struct abi_value mixed = {
        .shape = ABI_AGGREGATE, .size = 16, .align = 8, .n_parts = 2, .parts = mixed_parts};
    const struct abi_value args[] = {INT, INT, INT, INT, INT, int128, mixed, INT, int128},
                           none = NONE;
    static const char *const wanted[] = {"i0",    "i1",    "i2",  "i3",     "i4",
                                         "i5+s0", "s8+f0", "s16", "s24+s32"};
    struct abi_location result, at[9];
    abi_place(&none, &result, args, 9, (struct abi_quirks){.splits_int128 = true}, at);
    for (size_t i = 0; i < 9; i++) {
        char shown[32] = "";
        show(shown, &at[i]);
        ck_assert_str_eq(shown, wanted[i]);
    }
}
END_TEST

/* A structure of a long double may be packed: then it may be unaligned on the stack. */
START_TEST(packed_or_not)
{
    static const struct abi_part part = {0, 16, ABI_EXTENDED};
    static const struct abi_value value = {.shape = ABI_AGGREGATE,
                                           .size = 16,
                                           .align = 16,
                                           .uncertain = ABI_MAY_BE_PACKED,
                                           .n_parts = 1,
                                           .parts = &part};
    static const struct abi_part long_parts[] = {{0, 8, ABI_INTEGER}};
    static const struct abi_value big = {
        .shape = ABI_AGGREGATE, .size = 24, .align = 8, .n_parts = 1, .parts = long_parts};
    const struct abi_value args[] = {value, big, value, INT, big, DOUBLE}, none = NONE;
    static const char *const wanted[] = {"s0", "s16", "-", "i0", "-", "f0"};
    struct abi_location result, at[6];
    abi_place(&none, &result, args, 6, (struct abi_quirks){0}, at);
    for (size_t i = 0; i < 6; i++) {
        char shown[32] = "";
        show(shown, &at[i]);
        ck_assert_str_eq(shown, wanted[i]);
    }
}
END_TEST

START_TEST(knows_registers_by_number)
{
    static const struct {
        unsigned number;
        const char *wanted;
    } registers[] = {{5, "i0"},  {4, "i1"},  {1, "i2"}, {2, "i3"}, {8, "i4"}, {9, "i5"},
                     {17, "f0"}, {24, "f7"}, {25, "-"}, {0, "-"},  {3, "-"},  {16, "-"}};
    for (size_t i = 0; i < sizeof(registers) / sizeof(*registers); i++) {
        struct value_place place = {0};
        char shown[32] = "";
        bool known = abi_argument_register(registers[i].number, &place);
        show_place(shown, &place);
        ck_assert_str_eq(shown, registers[i].wanted);
        ck_assert_int_eq(known, place.kind != PLACE_NONE);
    }
    struct value_place place;
    ck_assert(!abi_argument_register(UINT64_MAX, &place));
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_loop_test(tests, places, 0, sizeof(cases) / sizeof(*cases));
    tcase_add_test(tests, splits_int128);
    tcase_add_test(tests, packed_or_not);
    tcase_add_test(tests, knows_registers_by_number);
}

CHECK_MAIN("abi", 10, add_tests)
