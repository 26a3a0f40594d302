/* SPDX-License-Identifier: MIT */
/* Which unwind rules libunwind gets: those that compilers write, and none that it cannot handle. */
#include "ptrace/capture/unwind_rules.h"

#include <link.h>
#include <string.h>

#include "ptrace/arch/arch.h"
#include "unit/check_main.h"

enum { RETURN_COLUMN = 16 };

/* "zR", pcrel sdata4; def_cfa rsp+8, return address at cfa-8. */
static uint8_t good_cie[] = {1, 'z', 'R',  0, 1, 0x78, RETURN_COLUMN, 1, 0x1b, 0x0c,
                             7, 8,   0x90, 1, 0, 0};

/* An FDE with these instructions after the two addresses and an empty augmentation. */
static bool fits(const uint8_t *instructions, size_t n)
{
    uint8_t fde[64] = {0};
    ck_assert_uint_lt(9 + n, sizeof(fde));
    memcpy(fde + 9, instructions, n);
    return unwind_rules_are_fit(good_cie, sizeof(good_cie), fde, 9 + n, RETURN_COLUMN, false);
}

#define FITS(...) fits((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

START_TEST(what_compilers_write)
{
    ck_assert(FITS(0x41, 0x0e, 0x10, 0x86, 0x02, 0x43, 0x0d, 0x06, 0x0a, 0x0b, 0xc6, 0x0c, 7, 8));
    ck_assert(FITS(0x02, 0x80, 0x03, 1, 2, 0x04, 1, 2, 3, 4, 0x2e, 0x90, 1));
    ck_assert(FITS(0x09, 3, 16, 0x09, 3, 0));
    /* The opcodes of a jump and a division as an offset to a register. */
    ck_assert(FITS(0x10, 8, 2, 0x77, 0x28, 0x10, 8, 3, 0x77, 0x2f, 0x06, 0x10, 8, 2, 0x77, 0x1b));
    /* The CFA of the PLT. */
    ck_assert(FITS(0x0f, 11, 0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22));
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
    ck_assert(unwind_rules_are_fit(cie, sizeof(cie), fde, sizeof(fde), RETURN_COLUMN, false));
    cie[6] = 255;
    ck_assert(!unwind_rules_are_fit(cie, sizeof(cie), fde, sizeof(fde), RETURN_COLUMN, false));
    cie[6] = RETURN_COLUMN;
    cie[0] = 2; /* no such version */
    ck_assert(!unwind_rules_are_fit(cie, sizeof(cie), fde, sizeof(fde), RETURN_COLUMN, false));
    cie[0] = 3; /* the column is LEB128 */
    cie[6] = RETURN_COLUMN | 0x80;
    ck_assert(!unwind_rules_are_fit(cie, sizeof(cie), fde, sizeof(fde), RETURN_COLUMN, false));
}
END_TEST

/* The register that holds another one has a number of any length. */
START_TEST(registers_that_are_not)
{
    ck_assert(!FITS(0x09, 3, 17));
    ck_assert(!FITS(0x09, 3, 0xff, 0xff, 0xff, 0xff, 0x7f));
    ck_assert(!FITS(0x09, 3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1));
}
END_TEST

/* Jumps may lead anywhere, so all are rejected; unknown operations, or operands behind the end,
   could be jumps for libunwind. */
START_TEST(expressions_that_leave)
{
    ck_assert(!FITS(0x2e, 0x1b, 0x0f, 9, 0x31, 0x08, 63, 0x24, 0x09, 0xff, 0x2f, 0xf4, 0xff));
    ck_assert(
        !FITS(0x2e, 0x1b, 0x0f, 10, 0x31, 0x08, 63, 0x24, 0x09, 0xff, 0x31, 0x28, 0xf3, 0xff));
    ck_assert(!FITS(0x0f, 3, 0x2f, 0, 0));
    ck_assert(!FITS(0x10, 3, 2, 0x31, 0x97));
    ck_assert(!FITS(0x0f, 2, 0x31, 0x08, 0x1b));
    ck_assert(!FITS(0x16, 3, 2, 0x31, 0x77, 0x2e, 0));
}
END_TEST

/* libunwind shifts an eleventh byte's bits into the first. */
START_TEST(numbers_longer_than_any)
{
    ck_assert(FITS(0x0e, 0x90, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0));
    ck_assert(!FITS(0x0e, 0x90, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0));
    ck_assert(!FITS(0x0e, 0x90, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10));
}
END_TEST

/* With this augmentation, its data (n bytes, as its length says) and no instructions. */
static bool augmentation_fits(const char *text, const uint8_t *data, size_t n)
{
    uint8_t cie[64] = {1}, fde[32] = {0};
    size_t length = strlen(text) + 1, at = 1 + length;
    ck_assert_uint_lt(at + 4 + n, sizeof(cie));
    memcpy(cie + 1, text, length);
    cie[at++] = 1;
    cie[at++] = 0x78;
    cie[at++] = RETURN_COLUMN;
    cie[at++] = (uint8_t)n;
    memcpy(cie + at, data, n);
    return unwind_rules_are_fit(cie, at + n, fde, sizeof(fde), RETURN_COLUMN, false);
}

#define AUGMENTATION_FITS(text, ...)                                                               \
    augmentation_fits(text, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

/* What libunwind reads because of the letters must exist. */
START_TEST(augmentations)
{
    ck_assert(AUGMENTATION_FITS("zR", 0x1b));
    ck_assert(AUGMENTATION_FITS("zRS", 0x1b));
    ck_assert(AUGMENTATION_FITS("zPLR", 0x9b, 1, 2, 3, 4, 0x1b, 0x1b));
    /* Instructions in the rest. */
    ck_assert(!AUGMENTATION_FITS("zR", 0x1b, 0x00));
    ck_assert(!AUGMENTATION_FITS("z", 0x00));
    ck_assert(!AUGMENTATION_FITS("zPLR", 0x9b, 1, 2, 3, 4, 0x1b));
    /* Letters where it stops, or that it has no space for. */
    ck_assert(!AUGMENTATION_FITS("zBR", 0x1b));
    ck_assert(!AUGMENTATION_FITS("zRB", 0x1b));
    ck_assert(!AUGMENTATION_FITS("zPLRS", 0x9b, 1, 2, 3, 4, 0x1b, 0x1b));
    /* Up to the next multiple of 8. */
    ck_assert(!AUGMENTATION_FITS("zR", 0x50));
    ck_assert(!AUGMENTATION_FITS("zPR", 0x50, 0, 0, 0, 0, 0, 0, 0, 0, 0x1b));
}
END_TEST

/* Where return addresses are signed is not libunwind's to know. */
START_TEST(signed_return_addresses)
{
    uint8_t cie[] = {1, 'z', 'R', 'B', 0, 4, 0x78, 30, 1, 0x1b, 0x0c, 31, 0, 0};
    /* advance 4; negate_ra_state; def_cfa_offset 0x2d; x29 at cfa-0x2d*8; negate_ra_state */
    uint8_t fde[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0x41, 0x2d, 0x0e, 0x2d, 0x9d, 0x2d, 0x2d};
    uint8_t unsigned_fde[sizeof(fde)];
    memcpy(unsigned_fde, fde, sizeof(fde));
    unsigned_fde[10] = unsigned_fde[15] = 0;
    ck_assert(!unwind_rules_are_fit(cie, sizeof(cie), fde, sizeof(fde), 30, false));
    ck_assert(unwind_rules_are_fit(cie, sizeof(cie), fde, sizeof(fde), 30, true));
    ck_assert_mem_eq(fde, unsigned_fde, sizeof(fde));
    cie[2] = 'B'; /* a letter would follow */
    cie[3] = 'R';
    ck_assert(!unwind_rules_are_fit(cie, sizeof(cie), fde, sizeof(fde), 30, true));
}
END_TEST

START_TEST(the_common_part_is_in_front)
{
    uint64_t at;
    ck_assert(unwind_rules_find_common(0x1000, 0x104, &at));
    ck_assert_uint_eq(at, 0xf00);
    ck_assert(unwind_rules_find_common(UINT64_C(0x700000000000), INT32_MAX, &at));
    ck_assert_uint_eq(at, UINT64_C(0x700000000000) + 4 - INT32_MAX);
    ck_assert(!unwind_rules_find_common(0x1000, 0, &at));
    ck_assert(!unwind_rules_find_common(UINT64_C(0x700000000000), 0x80000000, &at));
    ck_assert(!unwind_rules_find_common(UINT64_C(0x700000000000), 0xffffff00, &at));
}
END_TEST

/* Truncated, or unknown. */
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
        ck_assert(!unwind_rules_are_fit(good_cie, n, fde, sizeof(fde), RETURN_COLUMN, false));
    for (size_t n = 0; n < sizeof(fde); n++)
        ck_assert(!unwind_rules_are_fit(good_cie, sizeof(good_cie), fde, n, RETURN_COLUMN, false));
}
END_TEST

struct count {
    size_t all, fit, files;
};

static bool are_fit_in_copies(const uint8_t *cie, size_t cie_size, const uint8_t *fde,
                              size_t fde_size)
{
    uint8_t common[UNWIND_RULES_MAX], own[UNWIND_RULES_MAX];
    ck_assert_uint_le(cie_size, sizeof(common));
    ck_assert_uint_le(fde_size, sizeof(own));
    memcpy(common, cie, cie_size);
    memcpy(own, fde, fde_size);
    return unwind_rules_are_fit(common, cie_size, own, fde_size, arch_dwarf_return_column,
                                arch_signs_returns);
}

/* Every FDE in the search tables of the loaded files, in memory. */
static int count_rules(struct dl_phdr_info *info, size_t size, void *data)
{
    struct count *count = data;
    (void)size;
    count->files++;
    for (int i = 0; i < info->dlpi_phnum; i++) {
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
            count->fit += are_fit_in_copies(cie + 8, common - 4, fde + 8, length - 4);
        }
    }
    return 0;
}

START_TEST(those_of_this_program)
{
    struct count count = {0};
    dl_iterate_phdr(count_rules, &count);
    ck_assert_uint_gt(count.files, 2); /* the program, the C library, the linker */
    ck_assert_uint_gt(count.all, 1000);
    ck_assert_uint_eq(count.fit, count.all);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, what_compilers_write);
    tcase_add_test(tests, what_breaks_it);
    tcase_add_test(tests, registers_that_are_not);
    tcase_add_test(tests, expressions_that_leave);
    tcase_add_test(tests, numbers_longer_than_any);
    tcase_add_test(tests, augmentations);
    tcase_add_test(tests, signed_return_addresses);
    tcase_add_test(tests, the_common_part_is_in_front);
    tcase_add_test(tests, what_is_not_whole);
    tcase_add_test(tests, those_of_this_program);
}

CHECK_MAIN("unwind_rules", 10, add_tests)
