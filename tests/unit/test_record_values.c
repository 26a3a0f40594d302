/* SPDX-License-Identifier: MIT */
/* Values taken straight from the records of stubs. */
#include <string.h>

#include "ptrace/jumps/record_values.h"
#include "unit/check_main.h"

/* RDX, R8; XMM1, XMM2; three words of the stack. */
static const struct stub_layout ENTRY = {
    .integer_args = 1 << 2 | 1 << 4,
    .float_args = 1 << 1 | 1 << 2,
    .stack_words = 3,
};
static const struct stub_layout RETURN = {.is_return = true, .return_floats = true};

enum { BYTES = 32 + 8 * (2 + 4 + 3) + RECORD_VALUES_READ };

/* Byte i of a record is FIRST + i, so that each place has other bytes, and each is negative. */
enum { FIRST = 0x80 };

union bytes {
    struct ring_record record;
    uint8_t all[BYTES];
};

static union bytes filled(void)
{
    union bytes bytes;
    for (size_t i = 0; i < sizeof(bytes.all); i++)
        bytes.all[i] = (uint8_t)(FIRST + i);
    return bytes;
}

/* What the bytes from offset `at` on are, the first one the lowest. */
static uint64_t expected(size_t at, size_t n)
{
    uint64_t word = 0;
    for (size_t i = 0; i < n; i++)
        word |= (uint64_t)(uint8_t)(FIRST + at + i) << (8 * i);
    return word;
}

/* false: the field is not in the record. */
static bool value_of(const struct field *field, enum hit_kind kind, const union bytes *bytes,
                     uint64_t *value)
{
    struct probe probe = {.n_args = 1, .args = field, .n_rets = 1, .rets = field};
    struct record_plan plan;
    record_plan_make(&plan, &probe, kind, kind == HIT_ENTRY ? &ENTRY : &RETURN, 7);
    ck_assert_ptr_eq(plan.probe, &probe);
    ck_assert_uint_eq(plan.generation, 7);
    *value = 0;
    if (!plan.is_direct)
        return false;
    ck_assert_uint_eq(plan.n, 1);
    record_values_set(&plan, &bytes->record, value);
    return true;
}

static void check_at(struct field field, enum hit_kind kind, size_t at)
{
    union bytes bytes = filled();
    for (field.size = 1; field.size <= 8; field.size++) {
        uint64_t value;
        ck_assert(value_of(&field, kind, &bytes, &value));
        ck_assert_uint_eq(value, expected(at, field.size));
    }
}

START_TEST(places)
{
    static const struct {
        enum hit_kind kind;
        struct value_place place;
        size_t at;
    } PLACES[] = {
        {HIT_ENTRY, {.kind = PLACE_INTEGER_ARG, .index = 2}, 32},
        {HIT_ENTRY, {.kind = PLACE_INTEGER_ARG, .index = 4}, 40},
        {HIT_ENTRY, {.kind = PLACE_FLOAT_ARG, .index = 1}, 48},
        {HIT_ENTRY, {.kind = PLACE_FLOAT_ARG, .index = 2}, 64},
        {HIT_ENTRY, {.kind = PLACE_FLOAT_ARG, .index = 2, .shift = 8}, 72},
        {HIT_ENTRY, {.kind = PLACE_STACK_ARG, .offset = 0}, 80},
        {HIT_ENTRY, {.kind = PLACE_STACK_ARG, .offset = 16}, 96},
        {HIT_ENTRY, {.kind = PLACE_STACK_ARG, .offset = 13}, 93},
        {HIT_EXIT, {.kind = PLACE_INTEGER_RET, .index = 0}, 24},
        {HIT_EXIT, {.kind = PLACE_INTEGER_RET, .index = 1}, 40},
        {HIT_EXIT, {.kind = PLACE_FLOAT_RET, .index = 0}, 48},
        {HIT_EXIT, {.kind = PLACE_FLOAT_RET, .index = 1}, 64},
    };
    for (size_t i = 0; i < sizeof(PLACES) / sizeof(PLACES[0]); i++)
        check_at((struct field){.kind = VALUE_WORD, .place = PLACES[i].place}, PLACES[i].kind,
                 PLACES[i].at);
}
END_TEST

START_TEST(forms)
{
    const struct value_place place = {.kind = PLACE_INTEGER_ARG, .index = 2, .shift = 2};
    struct field field = {.kind = VALUE_INTEGER, .size = 2, .place = place};
    union bytes bytes = filled();
    uint64_t value;
    ck_assert(value_of(&field, HIT_ENTRY, &bytes, &value));
    ck_assert_uint_eq(value, 0xa3a2);
    field.is_signed = true;
    ck_assert(value_of(&field, HIT_ENTRY, &bytes, &value));
    ck_assert_uint_eq(value, UINT64_C(0xffffffffffffa3a2));
    /* 0xa3a2 is 1010 0011 1010 0010. */
    field.bit = 5;
    field.bits = 6;
    ck_assert(value_of(&field, HIT_ENTRY, &bytes, &value));
    ck_assert_uint_eq(value, 0x1d);
    field.bits = 5;
    ck_assert(value_of(&field, HIT_ENTRY, &bytes, &value));
    ck_assert_uint_eq(value, UINT64_C(0xfffffffffffffffd));
    field = (struct field){.kind = VALUE_BOOL, .size = 1, .place = place};
    ck_assert(value_of(&field, HIT_ENTRY, &bytes, &value));
    ck_assert_uint_eq(value, 1);
    bytes.all[32 + 2] = 0;
    ck_assert(value_of(&field, HIT_ENTRY, &bytes, &value));
    ck_assert_uint_eq(value, 0);
}
END_TEST

START_TEST(floats)
{
    const struct value_place place = {.kind = PLACE_FLOAT_ARG, .index = 1};
    struct field field = {.kind = VALUE_FLOAT, .size = 8, .is_signed = true, .place = place};
    union bytes bytes = filled();
    const double wide = -1.5;
    const float narrow = -2.5F;
    double got;
    uint64_t value;
    memcpy(bytes.all + 48, &wide, sizeof(wide));
    ck_assert(value_of(&field, HIT_ENTRY, &bytes, &value));
    memcpy(&got, &value, sizeof(got));
    ck_assert_double_eq(got, -1.5);
    memcpy(bytes.all + 48, &narrow, sizeof(narrow));
    field.size = 4;
    ck_assert(value_of(&field, HIT_ENTRY, &bytes, &value));
    memcpy(&got, &value, sizeof(got));
    ck_assert_double_eq(got, -2.5);
}
END_TEST

/* Values that need more than that are not taken from there. */
START_TEST(others)
{
    const struct value_place rdx = {.kind = PLACE_INTEGER_ARG, .index = 2};
    const struct value_place stack = {.kind = PLACE_STACK_ARG, .offset = 17};
    const struct field fields[] = {
        {.kind = VALUE_STRING, .size = 8, .place = rdx},
        {.kind = VALUE_CHARS, .size = 4, .place = rdx},
        {.kind = VALUE_HEX128, .size = 16, .place = rdx},
        {.kind = VALUE_SYMBOL, .size = 8, .place = rdx},
        {.kind = VALUE_COUNT, .size = 8, .unit = 4, .place = rdx, .second = rdx},
        {.kind = VALUE_FLOAT, .size = 16, .place = {.kind = PLACE_FLOAT_ARG, .index = 1}},
        {.kind = VALUE_FLOAT, .size = 16, .place = {.kind = PLACE_X87_RET}},
        {.kind = VALUE_INTEGER, .size = 0, .place = rdx},
        {.kind = VALUE_INTEGER, .size = 8, .bit = 4, .bits = 64, .place = rdx},
        {.kind = VALUE_INTEGER, .size = 8, .place = rdx, .rest = rdx},
        {.kind = VALUE_INTEGER, .size = 8, .place = {.kind = PLACE_POINTEE}},
        {.kind = VALUE_INTEGER, .size = 8, .place = {.kind = PLACE_NONE}},
        {.kind = VALUE_INTEGER, .size = 4, .place = {PLACE_INTEGER_ARG, 2, 5, 0}},
        {.kind = VALUE_INTEGER, .size = 8, .place = stack},
        {.kind = VALUE_INTEGER, .size = 8, .place = {.kind = PLACE_STACK_ARG, .offset = -8}},
        /* Not recorded. */
        {.kind = VALUE_INTEGER, .size = 8, .place = {.kind = PLACE_INTEGER_ARG, .index = 3}},
        {.kind = VALUE_INTEGER, .size = 8, .place = {.kind = PLACE_INTEGER_ARG, .index = 34}},
        {.kind = VALUE_FLOAT, .size = 8, .place = {.kind = PLACE_FLOAT_ARG, .index = 0}},
    };
    union bytes bytes = filled();
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        uint64_t value;
        ck_assert_msg(!value_of(&fields[i], HIT_ENTRY, &bytes, &value), "field %zu", i);
    }
}
END_TEST

/* Extra fields are behind the others, and are set by others; a call chain needs the thread. */
START_TEST(extra_fields)
{
    struct field fields[] = {
        {.kind = VALUE_INTEGER, .size = 8, .place = {.kind = PLACE_INTEGER_RET}},
        {.kind = VALUE_INTEGER, .size = 8, .place = {PLACE_EXTRA, EXTRA_DURATION, 0, 0}},
    };
    const struct probe probe = {.n_rets = 2, .rets = fields, .n_ret_extras = 1};
    static struct record_plans plans;
    const struct record_plan *plan = record_plan_of_returns(&plans, &probe);
    ck_assert(plan->is_direct);
    ck_assert_uint_eq(plan->n, 1);
    fields[1].place.index = EXTRA_STACK;
    ck_assert(record_plan_of_returns(&plans, &probe)->is_direct);
    plans.generation++;
    ck_assert(!record_plan_of_returns(&plans, &probe)->is_direct);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, places);
    tcase_add_test(tests, forms);
    tcase_add_test(tests, floats);
    tcase_add_test(tests, others);
    tcase_add_test(tests, extra_fields);
}

CHECK_MAIN("record_values", 20, add_tests)
