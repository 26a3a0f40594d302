/* SPDX-License-Identifier: MIT */
/* Argument registers of functions, read from x86-64 machine code. */
#include <check.h>

#include "symbols/abi/abi_code.h"
#include "unit/check_main.h"

enum { RDI = 1, RSI = 2, RDX = 4, XMM0 = 1 << 16, XMM1 = 1 << 17 };

#define CODE(...) ((const uint8_t[]){__VA_ARGS__}), sizeof((const uint8_t[]){__VA_ARGS__})

static void check_code(const uint8_t *code, size_t n, uint32_t taken, uint32_t written,
                       uint32_t written_first)
{
    struct abi_code read = abi_code_read(code, n);
    ck_assert_uint_eq(read.read_first, taken);
    ck_assert_uint_eq(read.written, written);
    ck_assert_uint_eq(read.written_first, written_first);
}

START_TEST(moved_parameters)
{
    /* mov %edi,%eax; mov %esi,%edi; mov %eax,%esi; ret */
    check_code(CODE(0x89, 0xf8, 0x89, 0xf7, 0x89, 0xc6, 0xc3), RDI | RSI, RDI | RSI, RDI | RSI);
    /* lea (%rdi,%rsi),%eax; ret */
    check_code(CODE(0x8d, 0x04, 0x37, 0xc3), RDI | RSI, 0, 0);
    /* movapd %xmm0,%xmm1; ret */
    check_code(CODE(0x66, 0x0f, 0x28, 0xc8, 0xc3), XMM0, XMM1, XMM1);
}
END_TEST

START_TEST(saved_and_cleared_registers)
{
    /* push %rdi; mov %rsi,(%rsp); mov %rcx,%rdi; ret: saved only */
    struct abi_code code =
        abi_code_read(CODE(0x57, 0x48, 0x89, 0x34, 0x24, 0x48, 0x89, 0xcf, 0xc3));
    ck_assert_uint_eq(code.read_first & (RDI | RSI), 0);
    ck_assert(!code.saves_volatile);
    /* xor %edi,%edi; ret */
    check_code(CODE(0x31, 0xff, 0xc3), 0, RDI, RDI);
    /* movaps %xmm8,(%rsp); ret: no function of the ABI saves this */
    ck_assert(abi_code_read(CODE(0x44, 0x0f, 0x29, 0x04, 0x24, 0xc3)).saves_volatile);
    /* movaps %xmm0,%xmm8; movaps %xmm8,(%rsp); ret */
    ck_assert(!abi_code_read(CODE(0x44, 0x0f, 0x28, 0xc0, 0x44, 0x0f, 0x29, 0x04, 0x24, 0xc3))
                   .saves_volatile);
}
END_TEST

START_TEST(calls_and_branches)
{
    /* call; mov %eax,%edi; ret: a write after the call does not count before it */
    check_code(CODE(0xe8, 0, 0, 0, 0, 0x89, 0xc7, 0xc3), 0, RDI, 0);
    ck_assert_uint_eq(abi_code_read(CODE(0xe8, 0, 0, 0, 0, 0xc3)).results, RDX | XMM0 | XMM1);
    /* je; mov %eax,%edi; ret: perhaps it was not set before */
    check_code(CODE(0x74, 0x00, 0x89, 0xc7, 0xc3), 0, RDI, RDI);
    /* je; mov %edi,%eax; ret: perhaps not the first access */
    check_code(CODE(0x74, 0x00, 0x89, 0xf8, 0xc3), 0, 0, 0);
}
END_TEST

START_TEST(unknown_code)
{
    const uint32_t all = 0x00ff003f;
    check_code(NULL, 0, 0, all, all);
    /* mov %edi,%eax; and an instruction that is invalid in 64-bit mode */
    check_code(CODE(0x89, 0xf8, 0x06), 0, all, all);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, moved_parameters);
    tcase_add_test(tests, saved_and_cleared_registers);
    tcase_add_test(tests, calls_and_branches);
    tcase_add_test(tests, unknown_code);
}

CHECK_MAIN("abi_code", 10, add_tests)
