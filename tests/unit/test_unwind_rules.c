/* Which unwind rules are given to libunwind: those that compilers write, and none that break it. */
#include "ptrace/unwind_rules.h"

#include <link.h>
#include <string.h>

#include "unit/check_main.h"

enum { RETURN_COLUMN = 16 };

/* "zR", pcrel sdata4; def_cfa rsp+8, return address at cfa-8. */
static const uint8_t good_cie[] = {1, 'z', 'R',  0, 1, 0x78, RETURN_COLUMN, 1, 0x1b, 0x0c,
                                   7, 8,   0x90, 1, 0, 0};

/* An FDE with these instructions behind the two addresses and an empty augmentation. */
static bool fits(const uint8_t *instructions, size_t n)
{
    uint8_t fde[64] = {0};
    ck_assert_uint_lt(9 + n, sizeof(fde));
    memcpy(fde + 9, instructions, n);
    return unwind_rules_are_fit(good_cie, sizeof(good_cie), fde, 9 + n, RETURN_COLUMN);
}

#define FITS(...) fits((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

START_TEST(what_compilers_write)
{
    ck_assert(FITS(0x41, 0x0e, 0x10, 0x86, 0x02, 0x43, 0x0d, 0x06, 0x0a, 0x0b, 0xc6, 0x0c, 7, 8));
    ck_assert(FITS(0x02, 0x80, 0x03, 1, 2, 0x04, 1, 2, 3, 4, 0x2e, 0x90, 1));
    ck_assert(FITS(0x0f, 3, 0x77, 0x78, 0x06, 0x10, 6, 2, 0x76, 0x00, 0x16, 7, 2, 0x77, 0x28));
}
END_TEST

START_TEST(what_breaks_it)
{
    /* (INT64_MIN) / -1 */
    ck_assert(!FITS(0x0f, 7, 0x31, 0x08, 63, 0x24, 0x09, 0xff, 0x1b));
    ck_assert(!FITS(0x10, 6, 1, 0x1b));
    ck_assert(!FITS(0x16, 6, 1, 0x1b));
    uint8_t cie[sizeof(good_cie)], fde[9] = {0};
    memcpy(cie, good_cie, sizeof(cie));
    ck_assert(unwind_rules_are_fit(cie, sizeof(cie), fde, sizeof(fde), RETURN_COLUMN));
    cie[6] = 255;
    ck_assert(!unwind_rules_are_fit(cie, sizeof(cie), fde, sizeof(fde), RETURN_COLUMN));
    cie[6] = RETURN_COLUMN;
    cie[0] = 2; /* no such version */
    ck_assert(!unwind_rules_are_fit(cie, sizeof(cie), fde, sizeof(fde), RETURN_COLUMN));
    cie[0] = 3; /* the column is LEB128 */
    cie[6] = RETURN_COLUMN | 0x80;
    ck_assert(!unwind_rules_are_fit(cie, sizeof(cie), fde, sizeof(fde), RETURN_COLUMN));
}
END_TEST

/* Cut short, or not known. */
START_TEST(what_is_not_whole)
{
    uint8_t fde[9] = {0};
    ck_assert(!FITS(0x0e));
    ck_assert(!FITS(0x0f, 200, 0x77));
    ck_assert(!FITS(0x0e, 0x80));
    ck_assert(!FITS(0x04, 1, 2));
    ck_assert(!FITS(0x3f));
    ck_assert(!FITS(0x0f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1));
    for (size_t n = 0; n < 9; n++)
        ck_assert(!unwind_rules_are_fit(good_cie, n, fde, sizeof(fde), RETURN_COLUMN));
    for (size_t n = 0; n < sizeof(fde); n++)
        ck_assert(!unwind_rules_are_fit(good_cie, sizeof(good_cie), fde, n, RETURN_COLUMN));
}
END_TEST

struct count {
    size_t all, fit;
};

/* Every FDE that the search table of a library names, as it lies in memory. */
static int count_rules(struct dl_phdr_info *info, size_t size, void *data)
{
    struct count *count = data;
    (void)size;
    for (int i = 0; strstr(info->dlpi_name, "libc.so") && i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type != PT_GNU_EH_FRAME)
            continue;
        const uint8_t *base = (const uint8_t *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
        uint32_t n;
        memcpy(&n, base + 8, sizeof(n));
        for (uint32_t k = 0; k < n; k++) {
            int32_t offset;
            uint32_t length, pointer, common;
            memcpy(&offset, base + 12 + k * 8 + 4, sizeof(offset));
            const uint8_t *fde = base + offset;
            memcpy(&length, fde, sizeof(length));
            memcpy(&pointer, fde + 4, sizeof(pointer));
            const uint8_t *cie = fde + 4 - pointer;
            memcpy(&common, cie, sizeof(common));
            count->all++;
            count->fit +=
                unwind_rules_are_fit(cie + 8, common - 4, fde + 8, length - 4, RETURN_COLUMN);
        }
    }
    return 0;
}

START_TEST(those_of_the_c_library)
{
    struct count count = {0};
    dl_iterate_phdr(count_rules, &count);
    ck_assert_uint_gt(count.all, 1000);
    ck_assert_uint_eq(count.fit, count.all);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, what_compilers_write);
    tcase_add_test(tests, what_breaks_it);
    tcase_add_test(tests, what_is_not_whole);
    tcase_add_test(tests, those_of_the_c_library);
}

CHECK_MAIN("unwind_rules", 10, add_tests)
