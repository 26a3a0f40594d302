/* SPDX-License-Identifier: MIT */
/* Copies of real code: displaces all instructions of every exported function of this machine's
   libraries, near and far, and interprets the copies. On another machine, those of a cross compiler
   for arm64, if there is one. */
#include "unit/check_main.h"
#include "unit/displaced_library.h"
#include "unit/displaced_verify_aarch64.h"

#define NEAR INT64_C(0x3456780)
#define FAR  INT64_C(0x12345678ab0)

static void displace(struct library *library, uint64_t vaddr, const uint8_t *code, int64_t distance)
{
    struct displaced d;
    target_addr site = target_addr_of(vaddr), slot = target_addr_plus(site, distance);
    int r = displaced_build(&d, site, code, 4, slot);
    const char *wrong = displaced_verify(&d, r, site, code, 4, slot);
    /* Only errors make an assertion: each takes longer than the check. */
    if (wrong)
        ck_abort_msg("0x%lx: %08x: %s", site.value, verify_word(code), wrong);
    library_count(library, &d, r);
}

static void displace_function(struct library *library, uint64_t vaddr, const uint8_t *code,
                              size_t n)
{
    for (size_t i = 0; i + 4 <= n && i < library->limit; i += 4) {
        library->instructions++;
        displace(library, vaddr + i, code + i, NEAR);
        if (i == 0) /* what the linker puts there can be far */
            displace(library, vaddr + i, code + i, FAR);
    }
}

static unsigned long displace_file(const char *name)
{
    static const char *const folders[] = {"/lib/aarch64-linux-gnu", "/usr/lib/aarch64-linux-gnu",
                                          "/usr/aarch64-linux-gnu/lib"};
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        struct library library = {.limit = 1024, .displace = displace_function};
        char path[256];
        snprintf(path, sizeof(path), "%s/%s", folders[i], name);
        unsigned long functions = library_displace(&library, path);
        if (!functions)
            continue;
        /* Of what compilers and the C library's assembly use, little must be single-stepped:
           constants for SIMD&FP registers, and those of code that is data. */
        ck_assert_uint_lt(library.stepped + library.refused, library.instructions / 50);
        ck_assert_uint_gt(library.slots + library.skipped, library.instructions / 10 * 9);
        return functions;
    }
    return 0;
}

START_TEST(libraries_are_displaced)
{
    static const char *const names[] = {"libc.so.6",      "libm.so.6",      "libgcc_s.so.1",
                                        "libstdc++.so.6", "libcrypto.so.3", "libsqlite3.so.0"};
    unsigned long functions = 0;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        functions += displace_file(names[i]);
#ifdef __aarch64__
    ck_assert_uint_gt(functions, 1000);
#else
    if (!functions)
        puts("SKIP: there is no arm64 library here");
#endif
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, libraries_are_displaced);
}

CHECK_MAIN("displaced_library_aarch64", 120, add_tests)
