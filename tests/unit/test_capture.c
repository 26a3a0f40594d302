/* SPDX-License-Identifier: MIT */
/* Values from registers and memory; the "target" is the test's own process. */
#include "ptrace/capture/capture.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "registers.h"
#include "unit/check_main.h"

static struct capture capture;

static unsigned read_own(void *data, struct span *spans, size_t n)
{
    (void)data;
    return spans_read(getpid(), -1, spans, n);
}

/* Captures as the engine does; the single read includes something of the caller's. */
static void capture_hit(const arch_regs *regs, const struct arch_float_regs *floats,
                        const struct capture_set *set)
{
    static const uint64_t own = 0x1234;
    uint64_t copy = 0;
    struct span span = {.at = (uintptr_t)&own, .to = &copy, .n = sizeof(copy)};
    const struct capture_source source = {.regs = regs, .read = read_own};
    capture_begin(&capture, set, &source);
    capture_read(&capture, &span, 1);
    capture_finish(&capture, floats);
    ck_assert_uint_eq(copy, own);
}

static void capture_fields(const arch_regs *regs, const struct arch_float_regs *floats,
                           const struct field *fields, size_t n, size_t stack_args)
{
    const struct capture_set set = {.fields = fields, .n = n, .stack_args = stack_args};
    capture_hit(regs, floats, &set);
}

static void set_up(size_t limit)
{
    ck_assert_int_eq(capture_init(&capture, limit), 0);
}

static void first_argument(arch_regs *regs, uint64_t word)
{
    set_integer_argument(regs, 0, word);
}

static const struct {
    struct field field;
    uint64_t word, value;
} INTEGERS[] = {
    {{.kind = VALUE_INTEGER, .size = 1, .is_signed = true}, 0x1ff, UINT64_MAX},
    {{.kind = VALUE_INTEGER, .size = 1}, 0x1ff, 0xff},
    {{.kind = VALUE_INTEGER, .size = 2, .is_signed = true}, 0xabcd8000, 0xffffffffffff8000},
    {{.kind = VALUE_INTEGER, .size = 2}, 0xabcd8000, 0x8000},
    {{.kind = VALUE_INTEGER, .size = 4, .is_signed = true}, 0xdeadbeefffffffd6, (uint64_t)-42},
    {{.kind = VALUE_INTEGER, .size = 4}, 0x1deadbeef, 0xdeadbeef},
    {{.kind = VALUE_INTEGER, .size = 8, .is_signed = true}, 1u << 31, 1u << 31},
    {{.kind = VALUE_ENUM, .size = 4, .is_signed = true}, 0xffffffff, UINT64_MAX},
    {{.kind = VALUE_BOOL, .size = 1}, 0xffffff00, 0}, /* the ABI leaves the rest of it undefined */
    {{.kind = VALUE_BOOL, .size = 1}, 0x101, 1},
    {{.kind = VALUE_POINTER, .size = 8}, 0xffffffff80000000, 0xffffffff80000000},
    {{.kind = VALUE_WORD, .size = 8}, 0x8000000000000000, 0x8000000000000000},
};

START_TEST(integers)
{
    arch_regs regs = {0};
    struct field field = INTEGERS[_i].field;
    field.place = (struct value_place){.kind = PLACE_INTEGER_ARG, .index = 0};
    set_up(0);
    first_argument(&regs, INTEGERS[_i].word);
    capture_fields(&regs, NULL, &field, 1, 0);
    ck_assert_uint_eq(capture.values[0], INTEGERS[_i].value);
    capture_free(&capture);
}
END_TEST

/* The string of characters of `unit` bytes (0: just bytes). */
static const char *string_at(uint64_t address, uint32_t unit)
{
    arch_regs regs = {0};
    struct field field = {.kind = VALUE_STRING,
                          .size = 8,
                          .unit = unit,
                          .place = {.kind = PLACE_INTEGER_ARG, .index = 0}};
    first_argument(&regs, address);
    capture_fields(&regs, NULL, &field, 1, 0);
    return capture.text + capture.values[0];
}

static const char *text_at(uint64_t address)
{
    return string_at(address, 0);
}

static size_t page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

/* N pages of zeros, with nothing mapped behind them. The caller unmaps them. */
static char *map_pages(size_t n)
{
    size_t page = page_size();
    char *memory =
        mmap(NULL, (n + 1) * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(memory, MAP_FAILED);
    munmap(memory + n * page, page);
    return memory;
}

START_TEST(reads_strings)
{
    size_t page = page_size();
    char *memory = map_pages(2);
    set_up(16);
    ck_assert_str_eq(text_at(0), "(null)");
    ck_assert_str_eq(text_at(1), "(bad address)");
    ck_assert_str_eq(text_at(UINT64_MAX), "(bad address)");
    ck_assert_str_eq(text_at((uintptr_t)memory + 2 * page), "(bad address)");
    ck_assert_str_eq(text_at((uintptr_t)memory), "");
    memset(memory, 'x', 2 * page);
    ck_assert_str_eq(text_at((uintptr_t)memory), "xxxxxxxxxxxxxxxx");
    strcpy(memory + page - 3, "across");
    ck_assert_str_eq(text_at((uintptr_t)memory + page - 3), "across");
    /* It ends at the end of the memory, without a NUL. */
    memcpy(memory + 2 * page - 4, "last", 4);
    ck_assert_str_eq(text_at((uintptr_t)memory + 2 * page - 4), "last");
    capture_free(&capture);
    munmap(memory, 2 * page);
}
END_TEST

START_TEST(floating_point)
{
    arch_regs regs = {0};
    struct arch_float_regs floats = {0};
    const float narrow = 3.25f;
    const double wide = -1e300;
    const struct value_place longest = set_long_double_result(&floats, 0.5L);
    double value;
    set_float_argument(&floats, 0, &narrow, 4);
    set_float_argument(&floats, 7, &wide, 8);
    const struct field fields[] = {
        {.kind = VALUE_FLOAT, .size = 4, .place = {.kind = PLACE_FLOAT_ARG, .index = 0}},
        {.kind = VALUE_FLOAT, .size = 8, .place = {.kind = PLACE_FLOAT_ARG, .index = 7}},
        {.kind = VALUE_FLOAT, .size = 16, .place = longest},
        {.kind = VALUE_FLOAT, .size = 8, .place = {.kind = PLACE_FLOAT_ARG, .index = 8}},
    };
    const double expected[] = {3.25, -1e300, 0.5, 0};
    set_up(0);
    capture_fields(&regs, &floats, fields, 4, 0);
    for (int i = 0; i < 4; i++) {
        memcpy(&value, &capture.values[i], 8);
        ck_assert_double_eq(value, expected[i]);
    }
    capture_free(&capture);
}
END_TEST

/* Two registers, bits of one, and values behind addresses. */
START_TEST(pieces)
{
    struct {
        uint32_t number;
        char text[12];
        const uint16_t *begin, *end;
        const char *chars;
        uint64_t length;
    } there = {7, "twelve bytes", 0, 0, "hello, world", 5};
    static const uint16_t elements[9];
    there.begin = elements;
    there.end = elements + 9;
    const struct value_place i0 = {.kind = PLACE_INTEGER_ARG, .index = 0},
                             i1 = {.kind = PLACE_INTEGER_ARG, .index = 1};
    const struct pointee pointees[] = {
        {.address = {.kind = PLACE_INTEGER_ARG, .index = 2}, .size = sizeof(there)},
        {.address = {.kind = PLACE_INTEGER_ARG, .index = 4}, .size = 5},
        {.address = {.kind = PLACE_INTEGER_ARG, .index = 3}, .low = 8, .size = 8},
    };
    struct value_place at[6];
    for (int i = 0; i < 6; i++)
        at[i] = (struct value_place){.kind = PLACE_POINTEE};
    at[1].offset = offsetof(__typeof__(there), text);
    at[2].offset = offsetof(__typeof__(there), begin);
    at[3].offset = offsetof(__typeof__(there), end);
    at[4].offset = offsetof(__typeof__(there), chars);
    at[5].offset = offsetof(__typeof__(there), length);
    /* More than the four bytes that its type has. */
    const uint8_t five_bytes[] = {0x80, 0, 0, 0, 0x1f};
    const struct value_place last = {.kind = PLACE_POINTEE, .index = 1};
    const struct value_place nowhere = {.kind = PLACE_POINTEE, .index = 2, .offset = 8};
    const struct field fields[] = {
        {.kind = VALUE_HEX128, .size = 16, .place = i0, .rest = i1},
        {.kind = VALUE_INTEGER, .size = 4, .is_signed = true, .bit = 3, .bits = 5, .place = i0},
        {.kind = VALUE_INTEGER,
         .size = 4,
         .bit = 4,
         .bits = 20,
         .place = {.kind = PLACE_INTEGER_ARG, .index = 0, .shift = 7},
         .rest = i1},
        {.kind = VALUE_INTEGER, .size = 4, .place = at[0]},
        {.kind = VALUE_CHARS, .size = 12, .place = at[1]},
        {.kind = VALUE_COUNT, .size = 8, .unit = 2, .place = at[2], .second = at[3]},
        {.kind = VALUE_STRING, .size = 8, .place = at[4], .second = at[5]},
        {.kind = VALUE_INTEGER, .size = 8, .place = nowhere},
        {.kind = VALUE_STRING, .size = 8, .place = i0},
        {.kind = VALUE_INTEGER, .size = 4, .is_signed = true, .bit = 7, .bits = 30, .place = last},
    };
    const uint64_t arguments[] = {0xfedcba98765432f0, 0x1122334455667788, (uintptr_t)&there, 16,
                                  (uintptr_t)five_bytes};
    arch_regs regs = {0};
    for (unsigned i = 0; i < 5; i++)
        set_integer_argument(&regs, i, arguments[i]);
    set_up(0);
    const struct capture_set set = {
        .fields = fields, .n = 10, .pointees = pointees, .n_pointees = 3};
    capture_hit(&regs, NULL, &set);
    ck_assert_str_eq(capture.text + capture.values[0], "0x1122334455667788fedcba98765432f0");
    ck_assert_int_eq((int64_t)capture.values[1], -2);
    ck_assert_uint_eq(capture.values[2], 0x7788f);
    ck_assert_uint_eq(capture.values[3], 7);
    ck_assert_str_eq(capture.text + capture.values[4], "twelve bytes");
    ck_assert_uint_eq(capture.values[5], 9);
    ck_assert_str_eq(capture.text + capture.values[6], "hello");
    ck_assert_uint_eq(capture.values[7], 0); /* absent, and the others are unaffected */
    ck_assert_str_eq(capture.text + capture.values[8], "(bad address)");
    ck_assert_int_eq((int64_t)capture.values[9], -(1 << 25) + 1);
    capture_free(&capture);
}
END_TEST

/* Addresses behind addresses; each unreadable one is marked, and the rest is right. */
START_TEST(chains)
{
    struct node {
        struct node *next;
        const char *name;
        int32_t value;
    };
    size_t page = page_size();
    char *memory = map_pages(1);
    /* The last one ends before its value. */
    struct node *cut = (struct node *)(memory + page - offsetof(struct node, value)),
                second = {cut, "second", 22}, first = {&second, "first", 11}, end = {NULL, NULL, 3};
    cut->name = "cut";
    struct pointee pointees[4] = {{.address = {.kind = PLACE_INTEGER_ARG}, .size = sizeof(first)}};
    struct field fields[16];
    size_t n = 0;
    for (uint16_t i = 0; i < 4; i++) {
        if (i)
            pointees[i] = (struct pointee){.address = {.kind = PLACE_POINTEE, .index = i - 1},
                                           .size = sizeof(first)};
        fields[n++] = (struct field){
            .kind = VALUE_INTEGER,
            .size = 4,
            .place = {.kind = PLACE_POINTEE, .index = i, .offset = offsetof(struct node, value)}};
        fields[n++] = (struct field){
            .kind = VALUE_STRING,
            .size = 8,
            .place = {.kind = PLACE_POINTEE, .index = i, .offset = offsetof(struct node, name)}};
        fields[n++] = (struct field){
            .kind = VALUE_ENUM, .size = 1, .place = {.kind = PLACE_POINTEE_STATE, .index = i}};
    }
    const struct capture_set set = {
        .fields = fields, .n = n, .pointees = pointees, .n_pointees = 4};
    static const struct {
        int value;
        const char *name;
        enum pointee_state state;
    } expected[][4] = {
        {{11, "first", POINTEE_READ},
         {22, "second", POINTEE_READ},
         {0, "cut", POINTEE_BAD},
         {0, "(null)", POINTEE_NULL}},
        {{3, "(null)", POINTEE_READ},
         {0, "(null)", POINTEE_NULL},
         {0, "(null)", POINTEE_NULL},
         {0, "(null)", POINTEE_NULL}},
        {{0, "(bad address)", POINTEE_BAD},
         {0, "(bad address)", POINTEE_BAD},
         {0, "(bad address)", POINTEE_BAD},
         {0, "(bad address)", POINTEE_BAD}},
    };
    const uint64_t starts[] = {(uintptr_t)&first, (uintptr_t)&end, UINT64_MAX - 4};
    set_up(0);
    for (size_t row = 0; row < 3; row++) {
        arch_regs regs = {0};
        first_argument(&regs, starts[row]);
        capture_hit(&regs, NULL, &set);
        for (size_t i = 0; i < 4; i++) {
            ck_assert_int_eq((int)capture.values[3 * i], expected[row][i].value);
            ck_assert_str_eq(capture.text + capture.values[3 * i + 1], expected[row][i].name);
            ck_assert_uint_eq(capture.values[3 * i + 2], expected[row][i].state);
        }
    }
    capture_free(&capture);
    munmap(memory, page);
}
END_TEST

static const char *wide_text_at(const void *characters, uint32_t unit)
{
    return string_at((uintptr_t)characters, unit);
}

/* Strings of wider characters, also if the page ends in the middle of the first one. */
START_TEST(wide_strings)
{
    size_t page = page_size();
    char *memory = map_pages(2);
    set_up(16);
    ck_assert_str_eq(wide_text_at(U"gr\u00fc\u00df", 4), "gr\u00fc\u00df");
    ck_assert_str_eq(wide_text_at(u"\U0001f600!", 2), "\U0001f600!");
    ck_assert_str_eq(wide_text_at(U"", 4), "");
    ck_assert_str_eq(wide_text_at(NULL, 4), "(null)");
    ck_assert_str_eq(wide_text_at((void *)8, 2), "(bad address)");
    ck_assert_str_eq(wide_text_at(U"0123456789abcdefgh", 4), "0123456789abcdef");
    ck_assert_str_eq(wide_text_at(U"0123456789abcde\u00fc", 4), "0123456789abcde");
    for (size_t shift = 1; shift < 4; shift++) {
        char *at = memory + page - 4 - shift;
        memcpy(at, U"across", sizeof(U"across"));
        ck_assert_str_eq(wide_text_at(at, 4), "across");
        memcpy(at, u"narrow", sizeof(u"narrow"));
        ck_assert_str_eq(wide_text_at(at, 2), "narrow");
    }
    /* It ends at the end of the memory, in the middle of a character. */
    memcpy(memory + 2 * page - 7, U"ab", 7);
    ck_assert_str_eq(wide_text_at(memory + 2 * page - 7, 4), "a");
    capture_free(&capture);
    munmap(memory, 2 * page);
}
END_TEST

static void name_code(void *data, uint64_t address, char *out, size_t size)
{
    snprintf(out, size, "%s+0x%llx", (const char *)data, (unsigned long long)address);
}

START_TEST(names_of_code)
{
    static char prefix[] = "code";
    const struct field field = {
        .kind = VALUE_SYMBOL, .size = 8, .place = {.kind = PLACE_INTEGER_ARG, .index = 0}};
    arch_regs regs = {0};
    set_up(1);
    capture_fields(&regs, NULL, &field, 1, 0);
    ck_assert_str_eq(capture.text + capture.values[0], "(null)");
    first_argument(&regs, 0x1234);
    capture_fields(&regs, NULL, &field, 1, 0);
    ck_assert_str_eq(capture.text + capture.values[0], ""); /* it has no name */
    capture.name_code = name_code;
    capture.name_data = prefix;
    capture_fields(&regs, NULL, &field, 1, 0);
    ck_assert_str_eq(capture.text + capture.values[0], "code+0x1234");
    capture.name_code = NULL;
    capture_free(&capture);
}
END_TEST

START_TEST(stack_arguments)
{
    _Alignas(16) uint64_t stack[64] = {0xdead /* x86-64: the return address */};
    arch_regs regs = {0};
    uint64_t *arguments = set_stack(&regs, stack);
    const long double wide = 12.5L;
    double value;
    arguments[0] = 0xffffffff00000007; /* an int: the upper half is undefined */
    arguments[1] = (uint64_t)-5;
    memcpy(&arguments[2], &wide, sizeof(wide));
    const struct field fields[] = {
        {.kind = VALUE_INTEGER,
         .size = 4,
         .is_signed = true,
         .place = {.kind = PLACE_STACK_ARG, .offset = 0}},
        {.kind = VALUE_INTEGER,
         .size = 8,
         .is_signed = true,
         .place = {.kind = PLACE_STACK_ARG, .offset = 8}},
        {.kind = VALUE_FLOAT, .size = 16, .place = {.kind = PLACE_STACK_ARG, .offset = 16}},
        {.kind = VALUE_INTEGER, .size = 8, .place = {.kind = PLACE_STACK_ARG, .offset = -8}},
        {.kind = VALUE_INTEGER, .size = 8, .place = {.kind = PLACE_STACK_ARG, .offset = 1 << 20}},
    };
    set_up(0);
    capture_fields(&regs, NULL, fields, 5, 32);
    ck_assert_uint_eq(capture.values[0], 7);
    ck_assert_uint_eq(capture.values[1], (uint64_t)-5);
    memcpy(&value, &capture.values[2], 8);
    ck_assert_double_eq(value, 12.5);
    ck_assert_uint_eq(capture.values[3], 0); /* never outside the arguments */
    ck_assert_uint_eq(capture.values[4], 0);
    capture_free(&capture);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_loop_test(tests, integers, 0, sizeof(INTEGERS) / sizeof(INTEGERS[0]));
    tcase_add_test(tests, reads_strings);
    tcase_add_test(tests, floating_point);
    tcase_add_test(tests, pieces);
    tcase_add_test(tests, chains);
    tcase_add_test(tests, wide_strings);
    tcase_add_test(tests, names_of_code);
    tcase_add_test(tests, stack_arguments);
}

CHECK_MAIN("capture", 10, add_tests)
