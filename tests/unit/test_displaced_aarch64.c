/* SPDX-License-Identifier: MIT */
/* The kind of copy for each kind of A64 instruction, its steps and its reach. */
#include "unit/check_main.h"
#include "unit/displaced_cases_aarch64.h"
#include "unit/displaced_verify_aarch64.h"

#include <stdio.h>

#define SITE   UINT64_C(0xaaaaaaab1230)
#define NEAR   (SITE + 0x3000000) /* 48 MiB */
#define FAR    UINT64_C(0xffff80000000)
#define MIB(n) ((uint64_t)(n) << 20)

enum { RANDOM_WORDS = 1000000 };

static int build_at(struct displaced *d, uint32_t word, uint64_t site, uint64_t slot)
{
    const uint8_t code[] = {(uint8_t)word, (uint8_t)(word >> 8), (uint8_t)(word >> 16),
                            (uint8_t)(word >> 24)};
    target_addr at = target_addr_of(site), to = target_addr_of(slot);
    int r = displaced_build(d, at, code, sizeof(code), to);
    const char *wrong = displaced_verify(d, r, at, code, sizeof(code), to);
    /* Only errors make an assertion: each takes longer than the check. */
    if (wrong)
        ck_abort_msg("%08x from 0x%lx to 0x%lx: %s (kind %d, %s)", word, site, slot, wrong, d->kind,
                     d->reason ? d->reason : "no reason");
    return r;
}

static enum displaced_kind kind_of(uint32_t word)
{
    struct displaced d;
    (void)!build_at(&d, word, SITE, NEAR);
    return d.kind;
}

START_TEST(each_case_is_of_its_kind)
{
    for (unsigned i = 0; i < N_DISPLACED_CASES; i++) {
        struct displaced near, far;
        (void)!build_at(&near, displaced_cases[i].word, SITE, NEAR);
        int r = build_at(&far, displaced_cases[i].word, SITE, FAR);
        ck_assert_msg(near.kind == displaced_cases[i].near, "%s: %d", displaced_cases[i].assembly,
                      near.kind);
        ck_assert_msg(far.kind == displaced_cases[i].far, "%s, far: %d",
                      displaced_cases[i].assembly, far.kind);
        ck_assert(r == 0 || r == -ERANGE);
    }
}
END_TEST

/* Whether the copy is these words, and its steps are these pairs of slot and site offsets. */
static void check_copy(uint32_t word, const char *wanted)
{
    char text[512] = "";
    struct displaced d;
    size_t n = 0;
    ck_assert_int_eq(build_at(&d, word, SITE, NEAR), 0);
    for (unsigned i = 0; i < d.slot_length; i += 4)
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%08x ", verify_word(d.bytes + i));
    for (unsigned i = 0; i < d.n_steps; i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%u=%u", i ? "," : "",
                              d.steps[i].slot_offset, d.steps[i].site_offset);
    ck_assert_str_eq(text, wanted);
}

START_TEST(copies_are_short)
{
    check_copy(0xd503233f, "d503233f 17400000 0=0,4=4");                   /* paciasp */
    check_copy(0xd65f03c0, "d65f03c0 0=0");                                /* ret */
    check_copy(0xd4000001, "d4000001 17400000 0=0,4=4");                   /* svc #0 */
    check_copy(0x10000085, "58000045 17400000 aaab1240 0000aaaa 0=0,4=4"); /* adr x5, .+16 */
    check_copy(0x90000005, "58000045 17400000 aaab1000 0000aaaa 0=0,4=4"); /* adrp x5, . */
    /* ldr w3, .+16; ldr x3, .+16; ldrsw x3, .+16 */
    check_copy(0x18000083, "58000083 b9400063 173fffff 00000000 aaab1240 0000aaaa 0=0,4=0,8=4");
    check_copy(0x58000083, "58000083 f9400063 173fffff 00000000 aaab1240 0000aaaa 0=0,4=0,8=4");
    check_copy(0x98000083, "58000083 b9800063 173fffff 00000000 aaab1240 0000aaaa 0=0,4=0,8=4");
    check_copy(0x14000040, "17400040 0=0");                                /* b .+0x100 */
    check_copy(0x94000040, "5800005e 1740003f aaab1234 0000aaaa 0=0");     /* bl .+0x100 */
    check_copy(0x94000002, "5800005e 17400001 aaab1234 0000aaaa 0=0,4=8"); /* bl .+8 */
    check_copy(0xd63f0100, "5800005e d61f0100 aaab1234 0000aaaa 0=0");     /* blr x8 */
    check_copy(0x54000801, "54000041 17400000 1740003e 0=0,4=4");          /* b.ne .+0x100 */
    check_copy(0x540000c1, "54000041 17400000 17400004 0=0,4=4,8=24");     /* b.ne .+24 */
    check_copy(0x54000001, "54000041 17400000 173ffffe 0=0,4=4");          /* b.ne . */
    check_copy(0xb50007e7, "b5000047 17400000 1740003d 0=0,4=4,8=252");    /* cbnz x7, .+252 */
    check_copy(0xb6f80807, "b6f80047 17400000 1740003e 0=0,4=4"); /* tbz x7, #63, .+0x100 */
}
END_TEST

START_TEST(code_cut_short_is_refused)
{
    static const uint8_t ret[] = {0xc0, 0x03, 0x5f, 0xd6, 0xcc};
    for (size_t n = 0; n <= sizeof(ret); n++) {
        struct displaced d;
        /* In a separate block, so that ASan finds a read behind its end. */
        uint8_t *code = malloc(n + 1);
        ck_assert_ptr_nonnull(code);
        memcpy(code + 1, ret, n);
        ck_assert_int_eq(
            displaced_build(&d, target_addr_of(SITE), code + 1, n, target_addr_of(NEAR)), 0);
        ck_assert_int_eq(d.kind, n < 4 ? DISPLACED_REFUSE : DISPLACED_SLOT);
        if (n < 4)
            ck_assert_str_eq(d.reason, "the code ends within the instruction");
        free(code);
    }
}
END_TEST

START_TEST(an_odd_address_is_refused)
{
    for (unsigned i = 1; i < 4; i++) {
        struct displaced d;
        ck_assert_int_eq(build_at(&d, 0xd65f03c0, SITE + i, NEAR), 0);
        ck_assert_int_eq(d.kind, DISPLACED_REFUSE);
        ck_assert_str_eq(d.reason,
                         "no instruction begins at an address that is not a multiple of 4");
    }
}
END_TEST

START_TEST(reasons_are_given)
{
    static const struct {
        uint32_t word;
        const char *reason;
    } reasons[] = {
        {0xd4200000, "the program has a breakpoint of its own there"},
        {0xd63f03c0, "a call through the register that it writes"},
        {0xd63f081f, "a call that authenticates its target"},
        {0xdac1a3fe, "pointer authentication with the program counter"},
        {0xdac187fe, "pointer authentication with the program counter"},
        {0xd50324ff, "pointer authentication with the program counter"},
        {0xf380009f, "pointer authentication with the program counter"},
        {0x5500005f, "pointer authentication with the program counter"},
        {0xd73f0c01, "a call that authenticates its target"},
        {0xf4010040, "a compare and branch instruction"},
        {0x19010440, "a memory copy or memory set instruction"},
        {0xd5032fff, "a hint that is not known"},
        {0x02000000, "an instruction that is not known"},
        {0x1c000040, "what it refers to is out of the slot's reach"},
    };
    for (unsigned i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        struct displaced d;
        (void)!build_at(&d, reasons[i].word, SITE, NEAR);
        ck_assert_str_eq(d.reason, reasons[i].reason);
    }
}
END_TEST

/* Each register, in each of the fields. */
START_TEST(every_register_is_kept)
{
    static const uint32_t words[] = {
        0x10008000, 0xb0000000, 0x18008000, 0x58008000, 0x98008000, /* adr, adrp, ldr, ldrsw */
        0x34000800, 0xb4000800, 0x35000800, 0xb5000800,             /* cbz, cbnz */
        0x36000800, 0x37000800, 0xd4000001, 0x54000800,             /* tbz, tbnz, svc, b.cond */
    };
    struct displaced d;
    for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        for (uint32_t rt = 0; rt < 32; rt++)
            (void)!build_at(&d, words[i] | rt, SITE, NEAR);
    for (uint32_t rn = 0; rn < 32; rn++) {
        ck_assert_int_eq(kind_of(0xd61f0000 | rn << 5), DISPLACED_SLOT);
        ck_assert_int_eq(kind_of(0xd65f0000 | rn << 5), DISPLACED_SLOT);
        ck_assert_int_eq(kind_of(0xd63f0000 | rn << 5), rn == 30 ? DISPLACED_STEP : DISPLACED_SLOT);
    }
    /* tbz, tbnz: each bit */
    for (uint32_t bit = 0; bit < 64; bit++)
        for (uint32_t op = 0; op < 2; op++)
            for (uint32_t rt = 0; rt < 32; rt++)
                ck_assert_int_eq(
                    kind_of(0x36000800 | bit >> 5 << 31 | op << 24 | (bit & 31) << 19 | rt),
                    DISPLACED_SLOT);
}
END_TEST

/* Each bit of each distance, and both ends. */
static void check_distances(uint32_t word, unsigned low, unsigned bits)
{
    uint32_t all = ((UINT32_C(1) << bits) - 1) << low;
    struct displaced d;
    for (unsigned i = 0; i < bits; i++) {
        uint32_t bit = UINT32_C(1) << (low + i);
        (void)!build_at(&d, word | bit, SITE, NEAR);
        (void)!build_at(&d, word | (all & ~bit), SITE, NEAR);
        (void)!build_at(&d, word | bit, SITE, SITE - MIB(64));
        (void)!build_at(&d, word | (all & ~bit), SITE, SITE - MIB(64));
    }
}

START_TEST(every_distance_is_kept)
{
    check_distances(0x10000003, 5, 19); /* adr */
    check_distances(0x70000003, 5, 19);
    check_distances(0x90000003, 5, 19); /* adrp */
    check_distances(0xf0000003, 5, 19);
    check_distances(0x18000003, 5, 19); /* ldr */
    check_distances(0x54000003, 5, 19); /* b.cond */
    check_distances(0xb4000003, 5, 19);
    check_distances(0x36000003, 5, 14);
    check_distances(0x14000000, 0, 26);
    check_distances(0x94000000, 0, 26);
    /* adrp reaches 4 GiB, up and down: the page of the site counts. */
    struct displaced d;
    uint64_t value;
    ck_assert_int_eq(build_at(&d, 0xf07fffe3, SITE, NEAR), 0);
    memcpy(&value, d.bytes + 8, sizeof(value));
    ck_assert_uint_eq(value, (SITE & ~UINT64_C(0xfff)) + MIB(4096) - 0x1000);
    ck_assert_int_eq(build_at(&d, 0x90800003, SITE, NEAR), 0);
    memcpy(&value, d.bytes + 8, sizeof(value));
    ck_assert_uint_eq(value, (SITE & ~UINT64_C(0xfff)) - MIB(4096));
    /* adr: 1 MiB */
    ck_assert_int_eq(build_at(&d, 0x707fffe3, SITE, NEAR), 0);
    memcpy(&value, d.bytes + 8, sizeof(value));
    ck_assert_uint_eq(value, SITE + MIB(1) - 1);
    ck_assert_int_eq(build_at(&d, 0x10800003, SITE, NEAR), 0);
    memcpy(&value, d.bytes + 8, sizeof(value));
    ck_assert_uint_eq(value, SITE - MIB(1));
}
END_TEST

/* The farthest slots up and down, from which the branch at slot + offset reaches, and the next. */
static void check_reach(uint32_t word, uint64_t target, unsigned offset, uint64_t reach)
{
    struct displaced d;
    uint64_t lowest = target + 4 - reach - offset, highest = target + reach - offset;
    ck_assert_int_eq(build_at(&d, word, SITE, highest), 0);
    ck_assert_int_eq(build_at(&d, word, SITE, highest + 4), -ERANGE);
    ck_assert(d.kind == DISPLACED_STEP && d.needs_near && d.length == 4 && d.reason);
    ck_assert_int_eq(build_at(&d, word, SITE, lowest), 0);
    ck_assert_int_eq(build_at(&d, word, SITE, lowest - 4), -ERANGE);
}

START_TEST(reach_is_exact)
{
    struct displaced d;
    check_reach(0x14000000, SITE, 0, MIB(128)); /* b . */
    check_reach(0x15ffffff, SITE + MIB(128) - 4, 0, MIB(128));
    check_reach(0x16000000, SITE - MIB(128), 0, MIB(128));
    check_reach(0x95ffffff, SITE + MIB(128) - 4, 4, MIB(128)); /* bl */
    check_reach(0xd503233f, SITE + 4, 4, MIB(128));            /* paciasp */
    check_reach(0x10000003, SITE + 4, 4, MIB(128));            /* adr */
    check_reach(0x58000003, SITE + 4, 8, MIB(128));            /* ldr x3 */
    check_reach(0x1c7fffe3, SITE + MIB(1) - 4, 0, MIB(1));     /* ldr s3 */
    check_reach(0x5c800003, SITE - MIB(1), 0, MIB(1));         /* ldr d3 */
    check_reach(0x9c000003, SITE, 0, MIB(1));                  /* ldr q3 */
    check_reach(0x5800001f, SITE, 0, MIB(1));                  /* ldr xzr */
    /* A conditional branch needs both ways. */
    ck_assert_int_eq(build_at(&d, 0x547fffe0, SITE, SITE + MIB(128)), 0); /* b.eq .+1M-4 */
    ck_assert_int_eq(build_at(&d, 0x547fffe0, SITE, SITE + MIB(128) + 4), -ERANGE);
    ck_assert_int_eq(build_at(&d, 0x547fffe0, SITE, SITE - MIB(127) - 8), 0);
    ck_assert_int_eq(build_at(&d, 0x547fffe0, SITE, SITE - MIB(127) - 12), -ERANGE);
    /* A slot that is not aligned cannot branch. */
    ck_assert_int_eq(build_at(&d, 0xd503233f, SITE, NEAR + 2), -ERANGE);
    /* What displaced_reach promises. */
    ck_assert_uint_ge(displaced_reach, MIB(128) - 16);
    for (unsigned i = 0; i < N_DISPLACED_CASES; i++) {
        if (displaced_cases[i].near != DISPLACED_SLOT ||
            verify_kind_of(displaced_cases[i].word) == V_CONDITIONAL ||
            verify_kind_of(displaced_cases[i].word) == V_B ||
            verify_kind_of(displaced_cases[i].word) == V_BL)
            continue;
        ck_assert_int_eq(build_at(&d, displaced_cases[i].word, SITE, SITE + displaced_reach), 0);
        ck_assert_int_eq(build_at(&d, displaced_cases[i].word, SITE, SITE - displaced_reach), 0);
    }
    ck_assert_int_eq(build_at(&d, 0x54000000, SITE, SITE + displaced_reach), 0); /* b.eq . */
    ck_assert_int_eq(build_at(&d, 0x54000000, SITE, SITE - displaced_reach), 0);
    ck_assert_int_eq(build_at(&d, 0x94000000, SITE, SITE + displaced_reach), 0); /* bl . */
    ck_assert_int_eq(build_at(&d, 0x94000000, SITE, SITE - displaced_reach), 0);
}
END_TEST

/* The length of a copy is known before its slot is chosen. */
START_TEST(near_lengths_do_not_depend_on_the_slot)
{
    static const int64_t distances[] = {1 << 26, -(1 << 26), 0x1000, -0x1000};
    for (unsigned i = 0; i < N_DISPLACED_CASES; i++) {
        struct displaced first, other;
        if (displaced_cases[i].near != DISPLACED_SLOT)
            continue;
        ck_assert_int_eq(build_at(&first, displaced_cases[i].word, SITE, SITE), 0);
        for (size_t k = 0; k < sizeof(distances) / sizeof(distances[0]); k++) {
            ck_assert_int_eq(
                build_at(&other, displaced_cases[i].word, SITE, SITE + (uint64_t)distances[k]), 0);
            ck_assert_msg(other.kind == first.kind && other.slot_length == first.slot_length &&
                              other.n_steps == first.n_steps,
                          "%s at %ld", displaced_cases[i].assembly, distances[k]);
        }
    }
}
END_TEST

/* At both ends of the address space, addresses wrap around as the processor's do. */
START_TEST(addresses_wrap_around)
{
    static const uint32_t words[] = {0x14000004, 0x17fffffc, 0x94000004, 0x54000080, 0x10000083,
                                     0xf0ffffe3, 0x90000083, 0x58ffff83, 0xd503233f, 0x36000083};
    static const uint64_t ends[] = {0, 0x10, 0x1000, UINT64_MAX - 3, UINT64_MAX - 0xfff};
    struct displaced d;
    for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        for (unsigned from = 0; from < 5; from++)
            for (unsigned to = 0; to < 5; to++)
                ck_assert_int_eq(build_at(&d, words[i], ends[from], ends[to] & ~UINT64_C(15)), 0);
}
END_TEST

/* Marsaglia, "Xorshift RNGs": the same numbers in each run. */
static uint64_t random_state = 88172645463325252u;

static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    return random_state ^= random_state << 17;
}

/* A slot at any distance, near ones and edges of the reach more often. */
static uint64_t random_slot(uint64_t site)
{
    static const uint64_t edges[] = {1 << 20, 1 << 26, 1 << 27, 0};
    uint64_t random = next_random(), edge = edges[random >> 60 & 3];
    uint64_t near = ((random >> 8 & 63) - 32) * 4,
             distance = random >> (random & 63) & ~UINT64_C(3);
    distance = random >> 58 & 1 ? edge + near : distance;
    return random >> 59 & 1 ? site + distance : site - distance;
}

static void check_random(uint32_t mask, uint32_t value, unsigned n)
{
    unsigned kinds[4] = {0};
    for (unsigned i = 0; i < n; i++) {
        struct displaced d;
        uint64_t site = next_random() >> (next_random() & 31) & ~UINT64_C(3);
        uint32_t word = ((uint32_t)(next_random() >> 16) & ~mask) | value;
        (void)!build_at(&d, word, site, random_slot(site));
        kinds[d.kind]++;
    }
    printf("%08x/%08x: %u skipped, %u in slots, %u stepped, %u refused\n", mask, value, kinds[0],
           kinds[1], kinds[2], kinds[3]);
}

START_TEST(random_words_are_displaced_right)
{
    check_random(0, 0, RANDOM_WORDS);
}
END_TEST

/* The groups with instructions that use the PC. */
START_TEST(random_branches_are_displaced_right)
{
    check_random(0x7c000000, 0x14000000, RANDOM_WORDS / 4);  /* b, bl */
    check_random(0xff000000, 0x54000000, RANDOM_WORDS / 4);  /* b.cond, bc.cond */
    check_random(0x7c000000, 0x34000000, RANDOM_WORDS / 4);  /* cbz, tbz */
    check_random(0xff000000, 0xd6000000, RANDOM_WORDS / 16); /* br */
    check_random(0xfffffc1f, 0xd63f0000, RANDOM_WORDS / 16); /* blr */
    check_random(0xfe000000, 0xd4000000, RANDOM_WORDS / 16); /* exceptions, system */
    check_random(0xfffff01f, 0xd503201f, RANDOM_WORDS / 64); /* hints */
}
END_TEST

START_TEST(random_addresses_and_literals_are_displaced_right)
{
    check_random(0x1f000000, 0x10000000, RANDOM_WORDS / 4);  /* adr, adrp */
    check_random(0x3b000000, 0x18000000, RANDOM_WORDS / 2);  /* ldr */
    check_random(0x1f800000, 0x13800000, RANDOM_WORDS / 16); /* extr */
    check_random(0xffff0000, 0xdac10000, RANDOM_WORDS / 16); /* pacia */
    check_random(0x3b000000, 0x19000000, RANDOM_WORDS / 16); /* cpyfp */
}
END_TEST

/* Each value of op0 (bits 28:25), which selects the top-level group. */
START_TEST(every_group_is_displaced_right)
{
    for (uint32_t op0 = 0; op0 < 16; op0++)
        check_random(15u << 25, op0 << 25, RANDOM_WORDS / 32);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, each_case_is_of_its_kind);
    tcase_add_test(tests, copies_are_short);
    tcase_add_test(tests, code_cut_short_is_refused);
    tcase_add_test(tests, an_odd_address_is_refused);
    tcase_add_test(tests, reasons_are_given);
    tcase_add_test(tests, every_register_is_kept);
    tcase_add_test(tests, every_distance_is_kept);
    tcase_add_test(tests, reach_is_exact);
    tcase_add_test(tests, near_lengths_do_not_depend_on_the_slot);
    tcase_add_test(tests, addresses_wrap_around);
    tcase_add_test(tests, random_words_are_displaced_right);
    tcase_add_test(tests, random_branches_are_displaced_right);
    tcase_add_test(tests, random_addresses_and_literals_are_displaced_right);
    tcase_add_test(tests, every_group_is_displaced_right);
}

CHECK_MAIN("displaced_aarch64", 60, add_tests)
