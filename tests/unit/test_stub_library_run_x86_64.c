/* SPDX-License-Identifier: MIT */
/*
 * Stubs of real code: the first instructions of exported functions of this machine's libraries, and
 * those behind their calls, run with a stub and without. What they refer to is elsewhere: most of
 * them fault at some memory, or call to nowhere, in the same way with both.
 */
#include <Zydis/Zydis.h>

#include "unit/displaced_library.h"
#include "unit/stub_trial_x86_64.h"

enum { SITES_OF_A_FUNCTION = 4, BYTES_OF_A_FUNCTION = 512 };

struct library_run {
    struct library file; /* first: see run_function() */
    struct stub_run run;
    struct stub_trials trials;
    unsigned every; /* function */
};

static bool next_instruction(const uint8_t *code, size_t n, ZydisDecodedInstruction *insn)
{
    ZydisDecoder decoder;
    ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    return ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&decoder, NULL, code, n, insn));
}

/* Whether two runs need not end alike, or the second may not end. */
static bool is_unpredictable(const ZydisDecodedInstruction *insn)
{
    switch (insn->mnemonic) {
    case ZYDIS_MNEMONIC_RDTSC:
    case ZYDIS_MNEMONIC_RDTSCP:
    case ZYDIS_MNEMONIC_RDRAND:
    case ZYDIS_MNEMONIC_RDSEED:
    case ZYDIS_MNEMONIC_CPUID:
    case ZYDIS_MNEMONIC_POPFQ:   /* may set TF */
    case ZYDIS_MNEMONIC_FNSTENV: /* shows the address of the last x87 instruction */
    case ZYDIS_MNEMONIC_FNSAVE:
    case ZYDIS_MNEMONIC_FXSAVE:
    case ZYDIS_MNEMONIC_XSAVE:
    case ZYDIS_MNEMONIC_XSAVEC:
        return true;
    default:
        return false;
    }
}

/* The length of the shortest region; 0: there is none. */
static size_t region_of(const uint8_t *code, size_t n, bool *loops, size_t *indirect_call)
{
    size_t length = 0;
    *loops = false;
    *indirect_call = 0;
    while (length < stub_jump_length) {
        ZydisDecodedInstruction insn;
        if (!next_instruction(code + length, n - length, &insn) || is_unpredictable(&insn))
            return 0;
        bool relative = insn.raw.imm[0].is_relative;
        uint64_t target = length + insn.length + insn.raw.imm[0].value.u;
        *loops |= relative && target == 0;
        if (insn.mnemonic == ZYDIS_MNEMONIC_CALL && !relative)
            *indirect_call = length;
        length += insn.length;
    }
    return length;
}

static void run_site(struct library_run *libraries, uint64_t vaddr, const uint8_t *code, size_t n)
{
    char seed[64];
    bool loops;
    size_t indirect_call, length = region_of(code, n, &loops, &indirect_call);
    struct stub_random random = {.state = vaddr * UINT64_C(0x9e3779b97f4a7c15) + 1};
    if (length == 0)
        return;
    snprintf(seed, sizeof(seed), "0x%lx", vaddr);
    stub_run_code(&libraries->run, code, length);
    stub_trial_run(&libraries->run, &random, seed, loops, indirect_call, &libraries->trials);
}

static void run_function(struct library *library, uint64_t vaddr, const uint8_t *code, size_t n)
{
    struct library_run *libraries = (struct library_run *)library;
    ZydisDecodedInstruction insn;
    unsigned sites = 1;
    if (library->functions % libraries->every != 0)
        return;
    static const uint8_t endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa};
    size_t start = n > 4 && memcmp(code, endbr64, 4) == 0 ? 4 : 0;
    run_site(libraries, vaddr + start, code + start, n - start);
    for (size_t at = start; at < n && at < BYTES_OF_A_FUNCTION; at += insn.length) {
        if (sites == SITES_OF_A_FUNCTION || !next_instruction(code + at, n - at, &insn))
            return;
        if (insn.mnemonic != ZYDIS_MNEMONIC_CALL)
            continue;
        run_site(libraries, vaddr + at + insn.length, code + at + insn.length,
                 n - (at + insn.length));
        sites++;
    }
}

static void run_library(const char *name, unsigned every)
{
    static struct library_run libraries;
    char path[256];
    snprintf(path, sizeof(path), "/lib/x86_64-linux-gnu/%s", name);
    libraries.every = every;
    libraries.file.displace = run_function;
    stub_run_start(&libraries.run);
    unsigned long functions = library_displace(&libraries.file, path);
    runner_stop(&libraries.run.runner);
    const struct stub_trials *trials = &libraries.trials;
    printf("%s: %u run, %u refused, %u faults, %u stops, %u signals\n", name, trials->run,
           trials->refused, trials->faults, trials->stops, trials->signals);
    if (functions) {
        ck_assert_uint_gt(trials->run, 100);
        ck_assert_uint_gt(trials->faults, 10);
    }
}

START_TEST(code_of_libc)
{
    run_library("libc.so.6", 7);
}
END_TEST

START_TEST(code_of_libm)
{
    run_library("libm.so.6", 3);
}
END_TEST

START_TEST(code_of_libstdcxx)
{
    run_library("libstdc++.so.6", 14);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, code_of_libc);
    tcase_add_test(tests, code_of_libm);
    tcase_add_test(tests, code_of_libstdcxx);
}

CHECK_MAIN("stub_library", 120, add_tests)
