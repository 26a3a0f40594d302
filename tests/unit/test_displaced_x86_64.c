/* SPDX-License-Identifier: MIT */
/* The kind of copy for each kind of instruction, and its properties. */
#include "unit/displaced_cases_x86_64.h"
#include "unit/displaced_verify_x86_64.h"

#include <errno.h>
#include <stdio.h>

#include "unit/check_main.h"

#define SITE target_addr_of(0x555555554000)
#define NEAR target_addr_of(0x555565554000)
#define FAR  target_addr_of(0x7f0000000000)

static int build(struct displaced *d, const char *bytes, size_t n, target_addr slot)
{
    return displaced_build(d, SITE, (const uint8_t *)bytes, n, slot);
}

/* Whether the copy's steps are exactly these pairs of slot and site offsets. */
static bool steps_are(const struct displaced *d, unsigned n, const uint8_t (*pairs)[2])
{
    if (d->n_steps != n)
        return false;
    for (unsigned i = 0; i < n; i++)
        if (d->steps[i].slot_offset != pairs[i][0] || d->steps[i].site_offset != pairs[i][1])
            return false;
    return true;
}

#define STEPS_ARE(d, ...)                                                                          \
    ck_assert(steps_are(d, sizeof((const uint8_t[][2]){__VA_ARGS__}) / 2,                          \
                        (const uint8_t[][2]){__VA_ARGS__}))

static void check_kind(const struct displaced_case *what)
{
    struct displaced d;
    const char *wrong;
    bool near_only = what->flags & NEAR_ONLY;

    ck_assert_int_eq(build(&d, what->bytes, what->n, NEAR), 0);
    ck_assert_msg(d.kind == what->kind, "%s: kind %d (%s)", what->assembly, d.kind, d.reason);
    wrong = displaced_verify(&d, SITE, (const uint8_t *)what->bytes, what->n, NEAR);
    ck_assert_msg(!wrong, "%s: %s", what->assembly, wrong);
    /* A second instruction that needs a near slot is dropped if the slot is far. */
    ck_assert_msg(d.needs_near == near_only || (d.needs_near && d.covered > d.length),
                  "%s: needs_near is %d", what->assembly, d.needs_near);

    int r = build(&d, what->bytes, what->n, FAR);
    ck_assert_msg(r == (near_only ? -ERANGE : 0), "%s, far: %d", what->assembly, r);
    ck_assert(d.kind == (near_only ? DISPLACED_STEP : what->kind));
    wrong = displaced_verify(&d, SITE, (const uint8_t *)what->bytes, what->n, FAR);
    ck_assert_msg(!wrong, "%s, far: %s", what->assembly, wrong);
}

START_TEST(each_case_is_of_its_kind)
{
    for (unsigned i = 0; i < N_DISPLACED_CASES; i++)
        check_kind(&displaced_cases[i]);
}
END_TEST

static void check_cut_short(const struct displaced_case *what)
{
    struct displaced d;
    ck_assert_int_eq(build(&d, what->bytes, what->n, NEAR), 0);
    for (size_t n = 0; n < d.length; n++) {
        struct displaced cut;
        /* In a separate block, so that ASan finds a read behind its end. */
        char *bytes = malloc(n + 1);
        ck_assert_ptr_nonnull(bytes);
        memcpy(bytes + 1, what->bytes, n);
        ck_assert_int_eq(displaced_build(&cut, SITE, (uint8_t *)bytes + 1, n, NEAR), 0);
        /* Of two nops, the first is one. */
        if (n > 0 && what->bytes[0] == '\x90')
            ck_assert(cut.kind == DISPLACED_SLOT && cut.ambiguous);
        else
            ck_assert_msg(cut.kind == DISPLACED_REFUSE && cut.reason, "%s, %zu bytes",
                          what->assembly, n);
        free(bytes);
    }
}

START_TEST(code_cut_short_is_refused)
{
    for (unsigned i = 0; i < N_DISPLACED_CASES; i++)
        check_cut_short(&displaced_cases[i]);
}
END_TEST

START_TEST(steps_map_the_slot_to_the_site)
{
    struct displaced d;
    /* mov %rsp,%rbp */
    ck_assert_int_eq(build(&d, B("\x48\x89\xe5"), NEAR), 0);
    STEPS_ARE(&d, {0, 0}, {3, 3});
    ck_assert_int_eq(d.slot_length, 3 + 5);
    ck_assert_int_eq(displaced_site_offset(d.steps, d.n_steps, 3), 3);
    ck_assert_int_eq(displaced_site_offset(d.steps, d.n_steps, 1), -1);
    ck_assert_int_eq(displaced_site_offset(d.steps, d.n_steps, UINT64_C(1) << 32), -1);
    /* push %rbp; mov %rsp,%rbp: both are copied */
    ck_assert_int_eq(build(&d, B("\x55\x48\x89\xe5"), NEAR), 0);
    STEPS_ARE(&d, {0, 0}, {1, 1}, {4, 4});
    ck_assert_int_eq(d.length, 1);
    ck_assert_int_eq(d.covered, 4);
    /* ret */
    ck_assert_int_eq(build(&d, B("\xc3"), NEAR), 0);
    STEPS_ARE(&d, {0, 0});
    ck_assert_int_eq(d.slot_length, 1);
    ck_assert(!d.ambiguous);
    /* call: after the push, the thread is at no place of the site */
    ck_assert_int_eq(build(&d, B("\xe8\x00\x01\x00\x00"), NEAR), 0);
    STEPS_ARE(&d, {0, 0});
    /* loop to the instruction after the next: there the taken branch is at +4 */
    ck_assert_int_eq(build(&d, B("\xe2\x02"), NEAR), 0);
    STEPS_ARE(&d, {0, 0}, {2, 2}, {7, 4});
    /* loop to itself: the taken branch reaches the site again, which no step shows */
    ck_assert_int_eq(build(&d, B("\xe2\xfe"), NEAR), 0);
    STEPS_ARE(&d, {0, 0}, {2, 2});
    /* syscall: PC and registers are the program's after it, before and after rcx is corrected */
    ck_assert_int_eq(build(&d, B("\x0f\x05"), NEAR), 0);
    STEPS_ARE(&d, {0, 0}, {2, 2}, {12, 2});
    ck_assert(d.system_call);
    ck_assert_int_eq(build(&d, B("\x53\x0f\x05"), NEAR), 0);
    ck_assert(!d.system_call);
}
END_TEST

START_TEST(one_byte_takes_its_successor_along)
{
    struct displaced d;
    const char push_mov[] = "\x53\x48\x89\xe5";
    ck_assert_int_eq(build(&d, push_mov, 4, NEAR), 0);
    ck_assert(!d.ambiguous && d.covered == 4);
    /* ... if it is known: the given bytes end before what must not be covered */
    ck_assert_int_eq(build(&d, push_mov, 1, NEAR), 0);
    ck_assert(d.kind == DISPLACED_SLOT && d.ambiguous && d.covered == 1);
    ck_assert_int_eq(build(&d, push_mov, 3, NEAR), 0);
    ck_assert(d.ambiguous && d.covered == 1);
    /* push, push: two bytes are enough */
    ck_assert_int_eq(build(&d, B("\x53\x54\x55"), NEAR), 0);
    ck_assert(!d.ambiguous && d.covered == 2);
    /* push, int3; push, int 0x80; push, (undecodable): these stay in place */
    ck_assert_int_eq(build(&d, B("\x53\xcc"), NEAR), 0);
    ck_assert(d.kind == DISPLACED_SLOT && d.ambiguous && d.covered == 1);
    ck_assert_int_eq(build(&d, B("\x53\xcd\x80"), NEAR), 0);
    ck_assert(d.ambiguous && d.covered == 1);
    ck_assert_int_eq(build(&d, B("\x53\x06"), NEAR), 0);
    ck_assert(d.ambiguous && d.covered == 1);
    /* push, load: a far slot can hold the push, but not the load */
    const char push_load[] = "\x53\x8b\x05\x00\x00\x01\x00";
    ck_assert_int_eq(build(&d, B(push_load), NEAR), 0);
    ck_assert(!d.ambiguous && d.covered == 7 && d.needs_near);
    ck_assert_int_eq(build(&d, B(push_load), FAR), 0);
    ck_assert(d.ambiguous && d.covered == 1 && !d.needs_near);
    STEPS_ARE(&d, {0, 0}, {1, 1});
    /* nop, ret */
    ck_assert_int_eq(build(&d, B("\x90\xc3"), NEAR), 0);
    ck_assert(d.kind == DISPLACED_SLOT && !d.ambiguous && d.covered == 2);
    /* nop, nop, nop: two are skipped */
    ck_assert_int_eq(build(&d, B("\x90\x90\x90"), NEAR), 0);
    ck_assert(d.kind == DISPLACED_SKIP && d.length == 2);
    /* nop, endbr64 */
    ck_assert_int_eq(build(&d, B("\x90\xf3\x0f\x1e\xfa"), NEAR), 0);
    ck_assert(d.kind == DISPLACED_SKIP && d.length == 5);
    /* endbr64, push: the push is ignored */
    ck_assert_int_eq(build(&d, B("\xf3\x0f\x1e\xfa\x53"), NEAR), 0);
    ck_assert(d.kind == DISPLACED_SKIP && d.length == 4 && !d.ambiguous);
}
END_TEST

static void check_lengths(const struct displaced_case *what)
{
    static const int64_t distances[] = {0x40000000, -0x40000000, 0x1000, -0x1000, 0};
    struct displaced first, other;
    ck_assert_int_eq(build(&first, what->bytes, what->n, NEAR), 0);
    for (size_t i = 0; i < sizeof(distances) / sizeof(distances[0]); i++) {
        target_addr slot = target_addr_plus(SITE, distances[i]);
        ck_assert_int_eq(build(&other, what->bytes, what->n, slot), 0);
        ck_assert_msg(other.kind == first.kind && other.slot_length == first.slot_length &&
                          other.n_steps == first.n_steps,
                      "%s at %ld", what->assembly, distances[i]);
    }
}

/* The length of a copy is known before its slot is chosen. */
START_TEST(near_lengths_do_not_depend_on_the_slot)
{
    for (unsigned i = 0; i < N_DISPLACED_CASES; i++)
        check_lengths(&displaced_cases[i]);
}
END_TEST

/* mov 0(%rip),%eax: the farthest slots that reach it, and the next ones. */
START_TEST(reach_is_exact)
{
    const char load[] = "\x8b\x05\x00\x00\x00\x00", jump[] = "\xe9\x00\x00\x00\x00";
    struct displaced d;
    int32_t disp;
    ck_assert_int_eq(build(&d, B(load), target_addr_plus(SITE, INT32_MAX)), 0);
    memcpy(&disp, d.bytes + 2, sizeof(disp));
    ck_assert_int_eq(disp, -INT32_MAX);
    ck_assert_int_eq(build(&d, B(load), target_addr_plus(SITE, INT64_C(0x80000000))), 0);
    memcpy(&disp, d.bytes + 2, sizeof(disp));
    ck_assert_int_eq(disp, INT32_MIN);
    ck_assert_int_eq(build(&d, B(load), target_addr_plus(SITE, INT64_C(0x80000001))), -ERANGE);
    ck_assert(d.kind == DISPLACED_STEP && d.needs_near && d.length == 6 && d.reason);
    ck_assert_int_eq(build(&d, B(load), target_addr_plus(SITE, -INT64_C(0x7fffffff))), 0);
    ck_assert_int_eq(build(&d, B(load), target_addr_plus(SITE, -INT64_C(0x80000000))), -ERANGE);
    /* A jump has a long form: jmp *(%rip) */
    ck_assert_int_eq(build(&d, B(jump), target_addr_plus(SITE, -INT64_C(0x7fffffff))), 0);
    ck_assert_int_eq(d.slot_length, 5);
    ck_assert_int_eq(build(&d, B(jump), target_addr_plus(SITE, -INT64_C(0x80000000))), 0);
    ck_assert_int_eq(d.slot_length, 14);
}
END_TEST

/* At both ends of the address space, addresses wrap around as the processor's do. */
START_TEST(addresses_wrap_around)
{
    static const uint8_t load[] = {0x8b, 0x05, 0, 0, 0, 0x80}; /* 2 GiB below its end */
    struct displaced d;
    target_addr site = target_addr_of(0x1000), slot = target_addr_of(0x500);
    ck_assert_int_eq(displaced_build(&d, site, load, sizeof(load), slot), 0);
    ck_assert_ptr_null(displaced_verify(&d, site, load, sizeof(load), slot));
    slot = target_addr_of(0x2000);
    ck_assert_int_eq(displaced_build(&d, site, load, sizeof(load), slot), -ERANGE);
    slot = target_addr_of(UINT64_MAX - 0xfff);
    ck_assert_int_eq(displaced_build(&d, site, load, sizeof(load), slot), 0);
    ck_assert_ptr_null(displaced_verify(&d, site, load, sizeof(load), slot));
}
END_TEST

START_TEST(reasons_are_given)
{
    struct displaced d;
    ck_assert_int_eq(build(&d, B("\xcc"), NEAR), 0);
    ck_assert_str_eq(d.reason, "the program has a breakpoint of its own there");
    ck_assert_int_eq(build(&d, "", 0, NEAR), 0);
    ck_assert_str_eq(d.reason, "the code ends within the instruction");
    ck_assert_int_eq(build(&d, B("\x06"), NEAR), 0);
    ck_assert_str_eq(d.reason, "the bytes are no known instruction");
    ck_assert_int_eq(build(&d, B("\xff\xd4"), NEAR), 0);
    ck_assert_str_eq(d.reason, "call rsp");
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, each_case_is_of_its_kind);
    tcase_add_test(tests, code_cut_short_is_refused);
    tcase_add_test(tests, near_lengths_do_not_depend_on_the_slot);
    tcase_add_test(tests, steps_map_the_slot_to_the_site);
    tcase_add_test(tests, one_byte_takes_its_successor_along);
    tcase_add_test(tests, reach_is_exact);
    tcase_add_test(tests, addresses_wrap_around);
    tcase_add_test(tests, reasons_are_given);
}

CHECK_MAIN("displaced", 10, add_tests)
