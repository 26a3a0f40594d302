/* SPDX-License-Identifier: MIT */
/* Copies of real code: displaces the first instructions of every exported function of this
   machine's libraries, near and far, and decodes the copies. */
#include "unit/check_main.h"
#include "unit/displaced_library.h"
#include "unit/displaced_verify_x86_64.h"

#include <errno.h>

#define NEAR INT64_C(0x23456780)
#define FAR  INT64_C(0x123456789ab0)

static void displace(struct library *library, target_addr site, const uint8_t *code, size_t n,
                     int64_t distance, bool is_entry)
{
    struct displaced d;
    target_addr slot = target_addr_plus(site, distance);
    int r = displaced_build(&d, site, code, n, slot);
    const char *wrong = r == 0 ? displaced_verify(&d, site, code, n, slot) : NULL;
    /* Only errors make an assertion: each takes longer than the check. */
    if (wrong)
        ck_abort_msg("0x%lx: %s", site.value, wrong);
    if (r != 0 && (r != -ERANGE || distance != FAR || !d.needs_near))
        ck_abort_msg("0x%lx: %d", site.value, r);
    /* Every entry can be traced. */
    if (is_entry && d.kind == DISPLACED_REFUSE)
        ck_abort_msg("0x%lx: %s", site.value, d.reason);
    library_count(library, &d, r);
}

static void displace_function(struct library *library, uint64_t vaddr, const uint8_t *code,
                              size_t n)
{
    size_t length;
    for (size_t i = 0; i < n && i < library->limit; i += length) {
        struct decoded x;
        bool decodes = decode(&x, code + i, n - i, vaddr + i);
        displace(library, target_addr_of(vaddr + i), code + i, n - i, NEAR, i == 0);
        displace(library, target_addr_of(vaddr + i), code + i, n - i, FAR, i == 0);
        library->instructions++;
        if (!decodes) /* data in the code, or unknown to this decoder */
            break;
        length = x.insn.length;
    }
}

/* Returns the number of displaced functions; 0: the library does not exist here. */
static unsigned long displace_file(const char *path, size_t limit)
{
    struct library library = {.limit = limit, .displace = displace_function};
    unsigned long functions = library_displace(&library, path);
    ck_assert(functions == 0 || library.slots > library.instructions);
    return functions;
}

START_TEST(libc_is_displaced)
{
    unsigned long functions = displace_file("/lib/x86_64-linux-gnu/libc.so.6", 4096);
#ifdef __x86_64__
    ck_assert_uint_gt(functions, 1000);
#else
    if (!functions)
        puts("SKIP: there is no x86-64 library here");
#endif
}
END_TEST

START_TEST(other_libraries_are_displaced)
{
    static const char *const names[] = {"libstdc++.so.6", "libcrypto.so.3", "libpython3.11.so.1.0",
                                        "libm.so.6", "libsqlite3.so.0"};
    unsigned long functions = 0;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char path[256];
        snprintf(path, sizeof(path), "/lib/x86_64-linux-gnu/%s", names[i]);
        functions += displace_file(path, 256);
    }
#ifdef __x86_64__
    /* libstdc++ and libm exist: the tracer needs them. */
    ck_assert_uint_gt(functions, 1000);
#else
    (void)functions;
#endif
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, libc_is_displaced);
    tcase_add_test(tests, other_libraries_are_displaced);
}

CHECK_MAIN("displaced_library", 120, add_tests)
