/* SPDX-License-Identifier: MIT */
/* Argument registers of functions, read from arm64 machine code. */
#include <check.h>

#include "symbols/abi/abi_code.h"
#include "unit/check_main.h"

#define X(n) (1u << (n))
#define V(n) (1u << (16 + (n)))

enum { ALL = 0x00ff00ff, RET = 0xd65f03c0 };

static const struct {
    uint32_t code;
    uint32_t read, stored, written;
} instructions[] = {
    {0x91001020, X(1), 0, X(0)},                                    /* add x0, x1, #4 */
    {0x0b020020, X(1) | X(2), 0, X(0)},                             /* add w0, w1, w2 */
    {0x8b2363e0, X(3), 0, X(0)},                                    /* add x0, sp, x3 */
    {0xd10083ff, 0, 0, 0},                                          /* sub sp, sp, #32 */
    {0xf1000c3f, X(1), 0, 0},                                       /* cmp x1, #3 */
    {0x6a02003f, X(1) | X(2), 0, 0},                                /* tst w1, w2 */
    {0xaa0103e0, X(1), 0, X(0)},                                    /* mov x0, x1 */
    {0xd2800020, 0, 0, X(0)},                                       /* mov x0, #1 */
    {0xf2a000a0, X(0), 0, X(0)},                                    /* movk x0, #5, lsl #16 */
    {0x92401c01, X(0), 0, X(1)},                                    /* and x1, x0, #0xff */
    {0xd3431801, X(0), 0, X(1)},                                    /* ubfx x1, x0, #3, #4 */
    {0xb37d0c40, X(0) | X(2), 0, X(0)},                             /* bfi x0, x2, #3, #4 */
    {0x93c20c20, X(1) | X(2), 0, X(0)},                             /* extr x0, x1, x2, #3 */
    {0x10000000, 0, 0, X(0)},                                       /* adr x0, . */
    {0x90000000, 0, 0, X(0)},                                       /* adrp x0, . */
    {0x9a020020, X(1) | X(2), 0, X(0)},                             /* adc x0, x1, x2 */
    {0xba018422, X(1), 0, 0},                                       /* rmif x1, #3, #2 */
    {0xfa420024, X(1) | X(2), 0, 0},                                /* ccmp x1, x2, #4, eq */
    {0xfa430824, X(1), 0, 0},                                       /* ccmp x1, #3, #4, eq */
    {0x9a820020, X(1) | X(2), 0, X(0)},                             /* csel x0, x1, x2, eq */
    {0xdac01020, X(1), 0, X(0)},                                    /* clz x0, x1 */
    {0x9ac20820, X(1) | X(2), 0, X(0)},                             /* udiv x0, x1, x2 */
    {0x9b020c20, X(1) | X(2) | X(3), 0, X(0)},                      /* madd x0, x1, x2, x3 */
    {0x9b027c20, X(1) | X(2), 0, X(0)},                             /* mul x0, x1, x2 */
    {0xd503233f, 0, 0, 0},                                          /* paciasp */
    {0xd503245f, 0, 0, 0},                                          /* bti c */
    {0xd53b4401, 0, 0, X(1)},                                       /* mrs x1, fpcr */
    {0xd51b4401, X(1), 0, 0},                                       /* msr fpcr, x1 */
    {0xd50b7421, X(1), 0, 0},                                       /* dc zva, x1 */
    {0xd5033bbf, 0, 0, 0},                                          /* dmb ish */
    {0xd4000001, 0, 0, X(0)},                                       /* svc #0 */
    {0xd4200020, 0, 0, 0},                                          /* brk #1 */
    {0x58000000, 0, 0, X(0)},                                       /* ldr x0, . */
    {0x9c000001, 0, 0, V(1)},                                       /* ldr q1, . */
    {0xf9400020, X(1), 0, X(0)},                                    /* ldr x0, [x1] */
    {0xf8626820, X(1) | X(2), 0, X(0)},                             /* ldr x0, [x1, x2] */
    {0xf8408c20, X(1), 0, X(0) | X(1)},                             /* ldr x0, [x1, #8]! */
    {0xf8408420, X(1), 0, X(0) | X(1)},                             /* ldr x0, [x1], #8 */
    {0x39c00020, X(1), 0, X(0)},                                    /* ldrsb w0, [x1] */
    {0x3dc00022, X(1), 0, V(2)},                                    /* ldr q2, [x1] */
    {0xa8c10c22, X(1), 0, X(1) | X(2) | X(3)},                      /* ldp x2, x3, [x1], #16 */
    {0x6d400c22, X(1), 0, V(2) | V(3)},                             /* ldp d2, d3, [x1] */
    {0x69400c22, X(1), 0, X(2) | X(3)},                             /* ldpsw x2, x3, [x1] */
    {0xf9000020, X(1), X(0), 0},                                    /* str x0, [x1] */
    {0xf8008420, X(1), X(0), X(1)},                                 /* str x0, [x1], #8 */
    {0x390033e0, 0, X(0), 0},                                       /* strb w0, [sp, #12] */
    {0x3c9f0fe2, 0, V(2), 0},                                       /* str q2, [sp, #-16]! */
    {0x3ca36822, X(1) | X(3), V(2), 0},                             /* str q2, [x1, x3] */
    {0xa90107e0, 0, X(0) | X(1), 0},                                /* stp x0, x1, [sp, #16] */
    {0xad810440, X(2), V(0) | V(1), X(2)},                          /* stp q0, q1, [x2, #32]! */
    {0xf9800020, X(1), 0, 0},                                       /* prfm pldl1keep, [x1] */
    {0xc85f7c20, X(1), 0, X(0)},                                    /* ldxr x0, [x1] */
    {0xc8007c41, X(2), X(1), X(0)},                                 /* stxr w0, x1, [x2] */
    {0xc8208c41, X(2), X(1) | X(3), X(0)},                          /* stlxp w0, x1, x3, [x2] */
    {0xc87f8c40, X(2), 0, X(0) | X(3)},                             /* ldaxp x0, x3, [x2] */
    {0xc8dffc20, X(1), 0, X(0)},                                    /* ldar x0, [x1] */
    {0xc89ffc20, X(1), X(0), 0},                                    /* stlr x0, [x1] */
    {0xf8bfc020, X(1), 0, X(0)},                                    /* ldapr x0, [x1] */
    {0xd9404020, X(1), 0, X(0)},                                    /* ldapur x0, [x1, #4] */
    {0xd9004020, X(1), X(0), 0},                                    /* stlur x0, [x1, #4] */
    {0xc8a07c41, X(0) | X(1) | X(2), 0, X(0)},                      /* cas x0, x1, [x2] */
    {0x48207c82, X(0) | X(1) | X(2) | X(3) | X(4), 0, X(0) | X(1)}, /* casp x0, x1, x2, x3, [x4] */
    {0xf8200041, X(0) | X(2), 0, X(1)},                             /* ldadd x0, x1, [x2] */
    {0xf8208041, X(0) | X(2), 0, X(1)},                             /* swp x0, x1, [x2] */
    {0xf8200420, X(1), 0, X(0)},                                    /* ldraa x0, [x1] */
    {0x4cdf2000, X(0), 0, V(0) | V(1) | V(2) | V(3) | X(0)}, /* ld1 {v0.16b-v3.16b}, [x0], #64 */
    {0x0d409002, X(0), 0, V(2)},                             /* ld1 {v2.s}[1], [x0] */
    {0x4d40c802, X(0), 0, V(2)},                             /* ld1r {v2.4s}, [x0] */
    {0x0dc1b000, X(0) | X(1), 0, V(0) | V(1) | V(2) | X(0)}, /* ld3 {v0.s-v2.s}[1], [x0], x1 */
    {0x4c008800, X(0), V(0) | V(1), 0},                      /* st2 {v0.4s-v1.4s}, [x0] */
    {0x1e622820, V(1) | V(2), 0, V(0)},                      /* fadd d0, d1, d2 */
    {0x1e614020, V(1), 0, V(0)},                             /* fneg d0, d1 */
    {0x1f420c20, V(1) | V(2) | V(3), 0, V(0)},               /* fmadd d0, d1, d2, d3 */
    {0x1e612000, V(0) | V(1), 0, 0},                         /* fcmp d0, d1 */
    {0x1e602008, V(0), 0, 0},                                /* fcmp d0, #0.0 */
    {0x1e610404, V(0) | V(1), 0, 0},                         /* fccmp d0, d1, #4, eq */
    {0x1e620c20, V(1) | V(2), 0, V(0)},                      /* fcsel d0, d1, d2, eq */
    {0x1e6e1000, 0, 0, V(0)},                                /* fmov d0, #1.0 */
    {0x9e660020, V(1), 0, X(0)},                             /* fmov x0, d1 */
    {0x9e670001, X(0), 0, V(1)},                             /* fmov d1, x0 */
    {0x9eaf0001, X(0), 0, V(1)},                             /* fmov v1.d[1], x0 */
    {0x1e604020, V(1), 0, V(0)},                             /* fmov d0, d1 */
    {0x1e22c020, V(1), 0, V(0)},                             /* fcvt d0, s1 */
    {0x1e780020, V(1), 0, X(0)},                             /* fcvtzs w0, d1 */
    {0x9e240020, V(1), 0, X(0)},                             /* fcvtas x0, s1 */
    {0x1e620020, X(1), 0, V(0)},                             /* scvtf d0, w1 */
    {0x5e61d820, V(1), 0, V(0)},                             /* scvtf d0, d1 */
    {0x9e58f420, V(1), 0, X(0)},                             /* fcvtzs x0, d1, #3 */
    {0x9e43f420, X(1), 0, V(0)},                             /* ucvtf d0, x1, #3 */
    {0x1e7e0020, V(1), 0, X(0)},                             /* fjcvtzs w0, d1 */
    {0x4f000400, 0, 0, V(0)},                                /* movi v0.4s, #0 */
    {0x4f001420, 0, 0, V(0)},                                /* orr v0.4s, #1 */
    {0x6e211c20, 0, 0, V(0)},                                /* eor v0.16b, v1.16b, v1.16b */
    {0x6e221c20, V(1) | V(2), 0, V(0)},                      /* eor v0.16b, v1.16b, v2.16b */
    {0x4ea11c20, V(1), 0, V(0)},                             /* mov v0.16b, v1.16b */
    {0x4ea28420, V(1) | V(2), 0, V(0)},                      /* add v0.4s, v1.4s, v2.4s */
    {0x0e22c020, V(1) | V(2), 0, V(0)},                      /* smull v0.8h, v1.8b, v2.8b */
    {0x4eb1b820, V(1), 0, V(0)},                             /* addv s0, v1.4s */
    {0x4e212820, V(1), 0, V(0)},                             /* xtn2 v0.16b, v1.8h */
    {0x4f235420, V(1), 0, V(0)},                             /* shl v0.4s, v1.4s, #3 */
    {0x4e823820, V(1) | V(2), 0, V(0)},                      /* zip1 v0.4s, v1.4s, v2.4s */
    {0x4e040c20, X(1), 0, V(0)},                             /* dup v0.4s, w1 */
    {0x4e0c0420, V(1), 0, V(0)},                             /* dup v0.4s, v1.s[1] */
    {0x4e0c1c20, X(1), 0, V(0)},                             /* mov v0.s[1], w1 */
    {0x0e033c20, V(1), 0, X(0)},                             /* umov w0, v1.b[1] */
    {0x4e062c20, V(1), 0, X(0)},                             /* smov x0, v1.h[1] */
    {0x6e0c4420, V(1), 0, V(0)},                             /* mov v0.s[1], v1.s[2] */
    {0x4fa29020, V(1), 0, V(0)},                             /* fmul v0.4s, v1.4s, v2.s[1] */
    {0x5ee28420, V(1) | V(2), 0, V(0)},                      /* add d0, d1, d2 */
    {0x4e284820, V(1), 0, V(0)},                             /* aese v0.16b, v1.16b */
};

/* Reads the words of a function. */
static struct abi_code code_of(const uint32_t *words, size_t n)
{
    uint8_t bytes[64];
    for (size_t i = 0; i < n * 4; i++)
        bytes[i] = (uint8_t)(words[i / 4] >> (i % 4 * 8));
    return abi_code_read(bytes, n * 4);
}

#define CODE(...)                                                                                  \
    code_of((const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / 4)

START_TEST(reads_and_writes)
{
    struct abi_code code = CODE(instructions[_i].code, RET);
    ck_assert_uint_eq(code.read_first, instructions[_i].read);
    ck_assert_uint_eq(code.read_or_stored, instructions[_i].read | instructions[_i].stored);
    ck_assert_uint_eq(code.written, instructions[_i].written);
    ck_assert_uint_eq(code.written_first, instructions[_i].written);
    ck_assert_uint_eq(code.results, 0);
    ck_assert(!code.saves_volatile);
}
END_TEST

START_TEST(calls_and_branches)
{
    static const uint32_t mov_x1_x0 = 0xaa0003e1, bl = 0x94000001, b = 0x14000001,
                          b_eq = 0x54000020, cbz_x2 = 0xb4000022, tbz_x2 = 0x36000022,
                          br_x3 = 0xd61f0060, blr_x3 = 0xd63f0060, retaa = 0xd65f0bff,
                          mov_x0_x1 = 0xaa0103e0;
    const uint32_t results = X(0) | X(1) | V(0) | V(1) | V(2) | V(3);
    /* A write after the call does not count before it. */
    struct abi_code code = CODE(mov_x0_x1, bl, mov_x1_x0, RET);
    ck_assert_uint_eq(code.read_first, X(1));
    ck_assert_uint_eq(code.written, X(0) | X(1));
    ck_assert_uint_eq(code.written_first, X(0));
    ck_assert_uint_eq(code.results, results);
    code = CODE(blr_x3, RET);
    ck_assert_uint_eq(code.read_first, X(3));
    ck_assert_uint_eq(code.results, results);
    /* After a branch: perhaps it was not set before, perhaps it is not the first access. */
    const uint32_t branches[] = {b, b_eq, cbz_x2, tbz_x2, br_x3};
    const uint32_t read[] = {0, 0, X(2), X(2), X(3)};
    for (size_t i = 0; i < sizeof(branches) / sizeof(*branches); i++) {
        code = CODE(branches[i], mov_x1_x0, RET);
        ck_assert_uint_eq(code.read_first, read[i]);
        ck_assert_uint_eq(code.written, X(1));
        ck_assert_uint_eq(code.written_first, X(1));
        ck_assert_uint_eq(code.results, 0);
    }
    code = CODE(mov_x1_x0, retaa, mov_x0_x1);
    ck_assert_uint_eq(code.read_first, X(0));
    ck_assert_uint_eq(code.written, X(0) | X(1));
    ck_assert_uint_eq(code.written_first, X(1));
}
END_TEST

/* A register that was written before has no argument any more. */
START_TEST(written_before)
{
    static const uint32_t mov_x1_x0 = 0xaa0003e1, str_x1 = 0xf90003e1, add_x2_x1_x1 = 0x8b010022;
    struct abi_code code = CODE(mov_x1_x0, str_x1, add_x2_x1_x1, RET);
    ck_assert_uint_eq(code.read_first, X(0));
    ck_assert_uint_eq(code.read_or_stored, X(0));
}
END_TEST

START_TEST(saved_registers)
{
    static const uint32_t str_x9 = 0xf90003e9, stp_q16_q17 = 0xad0047f0, mov_x9_x0 = 0xaa0003e9,
                          stp_x29_x30 = 0xa9bf7bfd, stp_d8_d9 = 0x6d0027e8;
    ck_assert(CODE(str_x9, RET).saves_volatile);
    ck_assert(CODE(stp_q16_q17, RET).saves_volatile);
    ck_assert(!CODE(mov_x9_x0, str_x9, RET).saves_volatile);
    /* What each function saves. */
    ck_assert(!CODE(stp_x29_x30, stp_d8_d9, RET).saves_volatile);
}
END_TEST

START_TEST(unknown_code)
{
    static const uint32_t unknown[] = {
        0x00000000, /* udf #0 */
        0x04a20020, /* add z0.s, z1.s, z2.s */
        0xd4000002, /* hvc #0 */
        0xc0000000, /* SME */
        0xf83f9000, /* st64b x0, [x0] */
        0x19010443, /* cpyfp [x3]!, [x1]!, x2! */
    };
    for (size_t i = 0; i < sizeof(unknown) / sizeof(*unknown); i++) {
        struct abi_code code = CODE(0x8b010020, unknown[i], RET);
        ck_assert_uint_eq(code.read_first, 0);
        ck_assert_uint_eq(code.read_or_stored, 0);
        ck_assert_uint_eq(code.written, ALL);
        ck_assert_uint_eq(code.written_first, ALL);
    }
    ck_assert_uint_eq(abi_code_read(NULL, 0).written, ALL);
    /* Not whole instructions. */
    ck_assert_uint_eq(abi_code_read((const uint8_t[6]){0}, 6).written, ALL);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_loop_test(tests, reads_and_writes, 0, sizeof(instructions) / sizeof(*instructions));
    tcase_add_test(tests, calls_and_branches);
    tcase_add_test(tests, written_before);
    tcase_add_test(tests, saved_registers);
    tcase_add_test(tests, unknown_code);
}

CHECK_MAIN("abi_code_aarch64", 10, add_tests)
