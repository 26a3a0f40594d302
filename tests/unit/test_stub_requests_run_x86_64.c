/* SPDX-License-Identifier: MIT */
/* What stub_build() and its kin accept and refuse. Nothing is executed. */
#include <errno.h>

#include "ptrace/arch/stub.h"
#include "unit/check_main.h"

#define SITE       UINT64_C(0x555555554000)
#define AT         (SITE + 0x10000)
#define BYTES(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})

/* mov rbp, rsp; sub rsp, 16 */
static const uint8_t plain[] = {0x48, 0x89, 0xe5, 0x48, 0x83, 0xec, 0x10};

static struct stub_request request_of(const uint8_t *code, size_t n)
{
    return (struct stub_request){
        .at = target_addr_of(AT),
        .site = target_addr_of(SITE),
        .code = code,
        .region = n,
        .threads = {0x1000, 3, 60},
        .returns = {0x2000, 5, 50},
    };
}

static int build(struct stub *stub, const uint8_t *code, size_t n)
{
    struct stub_request request = request_of(code, n);
    return stub_build(stub, &request);
}

static void refused(const char *reason, const uint8_t *code, size_t n)
{
    static struct stub stub;
    int r = build(&stub, code, n);
    ck_assert_msg(r == -EINVAL, "%s: %d", reason, r);
    ck_assert_str_eq(stub.reason, reason);
}

START_TEST(regions_that_a_stub_cannot_have_are_refused)
{
    static struct stub stub;
    ck_assert_int_eq(build(&stub, plain, sizeof(plain)), 0);
    ck_assert_ptr_null(stub.reason);
    refused("too short", BYTES(0x48, 0x89, 0xe5, 0x90));
    refused("the code ends within the instruction", BYTES(0x48, 0x89, 0xe5, 0x48, 0x83, 0xec));
    refused("a system call", BYTES(0x0f, 0x1f, 0x00, 0x0f, 0x05));
    refused("a software interrupt", BYTES(0x0f, 0x1f, 0x00, 0xcd, 0x80));
    refused("the program has a breakpoint of its own there", BYTES(0x0f, 0x1f, 0x40, 0x00, 0xcc));
    /* call; nop */
    refused("a call whose return address is inside", BYTES(0xe8, 1, 2, 3, 4, 0x90));
    refused("a call whose return address is inside", BYTES(0xff, 0xd0, 0x0f, 0x1f, 0x00));
    /* jne to the first byte behind the site, to the last byte, to the site, behind it all */
    refused("a branch into it", BYTES(0x0f, 0x1f, 0x00, 0x75, 0xfc));
    refused("a branch into it", BYTES(0x0f, 0x1f, 0x00, 0x75, 0xff));
    ck_assert_int_eq(build(&stub, BYTES(0x0f, 0x1f, 0x00, 0x75, 0xfb)), 0);
    ck_assert_int_eq(build(&stub, BYTES(0x0f, 0x1f, 0x00, 0x75, 0x00)), 0);
    /* ret, and padding that is no code */
    ck_assert_int_eq(build(&stub, BYTES(0xc3, 0xcc, 0xcc, 0xcc, 0xcc)), 0);
    refused("too short or too long", BYTES([32] = 0x90));
}
END_TEST

START_TEST(requests_are_validated)
{
    static struct stub stub;
    struct stub_request request = request_of(plain, sizeof(plain)), good = request;
    request.layout.stack_words = STUB_STACK_WORDS_MAX + 1;
    ck_assert_int_eq(stub_build(&stub, &request), -EINVAL);
    request = good;
    request.layout.integer_args = 0x40;
    ck_assert_int_eq(stub_build(&stub, &request), -EINVAL);
    request = good;
    request.layout.is_return = true;
    ck_assert_int_eq(stub_build(&stub, &request), 0);
    request.checks_return = true;
    ck_assert_int_eq(stub_build(&stub, &request), -EINVAL);
    request = good;
    request.threads.at += 8;
    ck_assert_int_eq(stub_build(&stub, &request), -EINVAL);
    request = good;
    request.threads.shift = 64;
    ck_assert_int_eq(stub_build(&stub, &request), -EINVAL);
    request = good;
    request.returns.shift = 0;
    ck_assert_int_eq(stub_build(&stub, &request), 0);
    request.checks_return = true;
    ck_assert_int_eq(stub_build(&stub, &request), -EINVAL);
}
END_TEST

/* Up and down, to the last byte. */
START_TEST(a_stub_out_of_reach_is_refused)
{
    static struct stub stub;
    uint8_t jump[STUB_JUMP_MAX];
    struct stub_request request = request_of(plain, sizeof(plain));
    target_addr site = request.site;
    ck_assert_int_eq(stub_jump(jump, site, target_addr_plus(site, 0x7fffffff + 5ll)), 0);
    ck_assert_mem_eq(jump, "\xe9\xff\xff\xff\x7f", 5);
    ck_assert_int_eq(stub_jump(jump, site, target_addr_plus(site, 0x80000000 + 5ll)), -ERANGE);
    ck_assert_int_eq(stub_jump(jump, site, target_addr_plus(site, 5 - 0x80000000ll)), 0);
    ck_assert_mem_eq(jump, "\xe9\x00\x00\x00\x80", 5);
    ck_assert_int_eq(stub_jump(jump, site, target_addr_plus(site, 4 - 0x80000000ll)), -ERANGE);
    ck_assert_uint_eq(stub_jump_length, 5);

    const int64_t reach = (int64_t)stub_reach;
    request.at = target_addr_plus(site, reach - STUB_MAX);
    ck_assert_int_eq(stub_build(&stub, &request), 0);
    request.at = target_addr_plus(site, -reach);
    ck_assert_int_eq(stub_build(&stub, &request), 0);
    request.at = target_addr_plus(site, reach + 16 - STUB_MAX);
    ck_assert_int_eq(stub_build(&stub, &request), -ERANGE);
    request.at = target_addr_plus(site, -reach - 16);
    ck_assert_int_eq(stub_build(&stub, &request), -ERANGE);

    /* mov rax, [rip+0x7fff0000]: out of reach of a stub that is lower. */
    static const uint8_t far[] = {0x48, 0x8b, 0x05, 0, 0, 0xff, 0x7f};
    request = request_of(far, sizeof(far));
    ck_assert_int_eq(stub_build(&stub, &request), 0);
    request.at = target_addr_plus(site, -0x100000);
    ck_assert_int_eq(stub_build(&stub, &request), -ERANGE);
    ck_assert_str_eq(stub.reason, "what it refers to is out of reach");
}
END_TEST

/* The most of everything: all arguments, and a region whose copy is the longest. */
START_TEST(the_longest_stub_fits)
{
    static struct stub stub;
    /* jrcxz rel8 as often as it fits, to what is far behind */
    uint8_t code[12];
    for (unsigned i = 0; i < sizeof(code); i += 2)
        memcpy(code + i, "\xe3\x70", 2);
    struct stub_request request = request_of(code, sizeof(code));
    request.layout = (struct stub_layout){
        .integer_args = 0x3f, .float_args = 0xff, .stack_words = STUB_STACK_WORDS_MAX};
    request.checks_return = true;
    int r = stub_build(&stub, &request);
    ck_assert_msg(r == 0, "%d: %s", r, stub.reason);
    ck_assert_uint_gt(stub.map.length, 600);
    ck_assert_uint_lt(stub.map.length, STUB_MAX - 128);
    ck_assert_uint_lt(stub.map.n_fixups, STUB_FIXUPS_MAX);
    ck_assert_uint_eq(stub_record_size(&request.layout),
                      32 + 6 * 8 + 8 * 16 + STUB_STACK_WORDS_MAX * 8);
    memset(code, 0x90, sizeof(code));
    ck_assert_int_eq(stub_build(&stub, &request), 0);
    /* As many branches as bytes allow. */
    uint8_t many[DISPLACED_CODE_MAX];
    for (unsigned i = 0; i < sizeof(many); i += 2)
        memcpy(many + i, "\xe3\x70", 2);
    refused("its copy is too long", many, sizeof(many));
}
END_TEST

START_TEST(the_size_of_a_record_is_that_of_its_words)
{
    struct stub_layout layout = {0};
    ck_assert_uint_eq(stub_record_size(&layout), 32);
    layout = (struct stub_layout){.integer_args = 0x15, .float_args = 0x81, .stack_words = 7};
    ck_assert_uint_eq(stub_record_size(&layout), 32 + 3 * 8 + 2 * 16 + 7 * 8);
    struct ring_record *record = calloc(1, stub_record_size(&layout));
    ck_assert_ptr_nonnull(record);
    ck_assert_ptr_eq(stub_record_stack(&layout, record), record->words + 7);
    layout = (struct stub_layout){.is_return = true};
    ck_assert_uint_eq(stub_record_size(&layout), 48);
    ck_assert_ptr_null(stub_record_stack(&layout, record));
    layout.return_floats = true;
    ck_assert_uint_eq(stub_record_size(&layout), 80);
    free(record);
}
END_TEST

/* In the stub's order: outside, before, after, in the copy, in the rest, behind. */
START_TEST(positions_are_told_apart)
{
    static struct stub stub;
    ck_assert_int_eq(build(&stub, plain, sizeof(plain)), 0);
    const struct stub_map *map = &stub.map;
    const struct {
        uint64_t pc;
        int position;
    } cases[] = {
        {AT - 1, STUB_NONE},
        {AT, STUB_BEFORE},
        {AT + map->displaced, STUB_COPY},
        {AT + map->displaced_end - 1, STUB_COPY},
        {AT + map->stop, STUB_BEFORE},
        {AT + map->stop + 1, STUB_BEFORE},
        {AT + map->length, STUB_NONE},
        {SITE, STUB_NONE},
    };
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        arch_regs regs = {.rip = cases[i].pc, .rsp = 0x7000, .rax = 1, .eflags = 0x202}, was = regs;
        enum stub_position position;
        int r = stub_unwind(map, target_addr_of(AT), target_addr_of(SITE), &regs, NULL, NULL,
                            &position);
        ck_assert_int_eq(r, 0);
        ck_assert_msg((int)position == cases[i].position, "0x%lx: %d", cases[i].pc - AT, position);
        if (position == STUB_BEFORE)
            was.rip = SITE;
        ck_assert_mem_eq(&regs, &was, sizeof(regs));
    }
}
END_TEST

static bool no_stack(void *data, uint64_t address, void *to, size_t n)
{
    (void)address;
    (void)to;
    (void)n;
    ++*(int *)data;
    return false;
}

START_TEST(a_stack_that_cannot_be_read_is_an_error)
{
    static struct stub stub;
    int reads = 0;
    enum stub_position position;
    ck_assert_int_eq(build(&stub, plain, sizeof(plain)), 0);
    arch_regs regs = {.rip = AT + stub.map.lookup, .rsp = 0x7000}, was = regs;
    ck_assert_int_eq(stub_unwind(&stub.map, target_addr_of(AT), target_addr_of(SITE), &regs,
                                 no_stack, &reads, &position),
                     -EFAULT);
    ck_assert_int_eq(reads, 1);
    ck_assert_mem_eq(&regs, &was, sizeof(regs));
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, regions_that_a_stub_cannot_have_are_refused);
    tcase_add_test(tests, requests_are_validated);
    tcase_add_test(tests, a_stub_out_of_reach_is_refused);
    tcase_add_test(tests, the_longest_stub_fits);
    tcase_add_test(tests, the_size_of_a_record_is_that_of_its_words);
    tcase_add_test(tests, positions_are_told_apart);
    tcase_add_test(tests, a_stack_that_cannot_be_read_is_an_error);
}

CHECK_MAIN("stub_requests", 10, add_tests)
