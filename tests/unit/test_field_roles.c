/* SPDX-License-Identifier: MIT */
/* What fields of an event in a trace are to each other, by their names and types. */
#include "analysis/field_roles.h"

#include "unit/check_main.h"

static const struct enum_label STATES[] = {{"ok", 0}, {"null", 1}, {"bad_address", 2}};
static const struct enum_type STATE = {.n_labels = 3, .labels = STATES};

static int16_t extras[PROBE_EXTRAS_MAX];

#define INT(name_)                                                                                 \
    {                                                                                              \
        .name = (name_), .kind = VALUE_INTEGER, .size = 4, .is_signed = true                       \
    }
#define UINT(name_)                                                                                \
    {                                                                                              \
        .name = (name_), .kind = VALUE_INTEGER, .size = 4                                          \
    }
#define LONG(name_)                                                                                \
    {                                                                                              \
        .name = (name_), .kind = VALUE_INTEGER, .size = 8                                          \
    }
#define TEXT(name_)                                                                                \
    {                                                                                              \
        .name = (name_), .kind = VALUE_STRING, .size = 8                                           \
    }
#define POINTER(name_)                                                                             \
    {                                                                                              \
        .name = (name_), .kind = VALUE_POINTER, .size = 8                                          \
    }
#define STATE_OF(name_)                                                                            \
    {                                                                                              \
        .name = (name_), .kind = VALUE_ENUM, .size = 1, .enumeration = &STATE                      \
    }
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

START_TEST(extras_of_exits)
{
    struct field fields[] = {UINT("retval"), UINT("depth"), LONG("duration"), LONG("cpu"),
                             TEXT("caller"), INT("tid"),    INT("pid"),       TEXT("stack")};
    ck_assert_uint_eq(field_roles_extras(fields, 8, true), 0x7f);
    ck_assert_uint_eq(field_roles_extras(fields, 6, true), 0x1f);
    ck_assert_uint_eq(field_roles_extras(fields, 1, true), 0);
    ck_assert_uint_eq(field_roles_set_extras(fields, 8, 0x7f, extras), 7);
    for (int i = 0; i < PROBE_EXTRAS_MAX; i++) {
        ck_assert_int_eq(extras[i], i + 1);
        ck_assert_int_eq(fields[i + 1].place.kind, PLACE_EXTRA);
        ck_assert_int_eq(fields[i + 1].place.index, i);
    }
    ck_assert_int_eq(fields[0].place.kind, PLACE_NONE);
}
END_TEST

/* A result's member may have any name. */
START_TEST(results_are_no_extras)
{
    struct field fields[] = {UINT("retval_depth"), UINT("retval")};
    ck_assert_uint_eq(field_roles_extras(fields, 2, true), 0);
}
END_TEST

START_TEST(extras_of_entries)
{
    struct field fields[] = {UINT("depth"), UINT("depth_2"), INT("tid")};
    ck_assert_uint_eq(field_roles_set_extras(fields, 3, 1 << EXTRA_DEPTH | 1 << EXTRA_TID, extras),
                      2);
    ck_assert_int_eq(extras[EXTRA_DEPTH], 1);
    ck_assert_int_eq(extras[EXTRA_TID], 2);
    ck_assert_int_eq(extras[EXTRA_PID], -1);
    ck_assert_int_eq(fields[0].place.kind, PLACE_NONE);
}
END_TEST

/* Not all of them, another order, another type, fewer fields. */
START_TEST(not_those_extras)
{
    struct field fields[] = {INT("tid"), UINT("depth"), INT("depth"), LONG("depth_x")};
    unsigned both = 1 << EXTRA_DEPTH | 1 << EXTRA_TID;
    ck_assert_uint_eq(field_roles_set_extras(fields, 2, both, extras), 0);
    ck_assert_uint_eq(field_roles_set_extras(fields, 3, 1 << EXTRA_DEPTH, extras), 0);
    ck_assert_uint_eq(field_roles_set_extras(fields, 4, 1 << EXTRA_DEPTH, extras), 0);
    ck_assert_uint_eq(field_roles_set_extras(fields, 1, both, extras), 0);
    ck_assert_uint_eq(field_roles_set_extras(fields, 0, 0, extras), 0);
    for (int i = 0; i < PROBE_EXTRAS_MAX; i++)
        ck_assert_int_eq(extras[i], -1);
}
END_TEST

/* --deref=2 of a list, between others. */
START_TEST(pointees)
{
    struct field fields[] = {INT("a"),          POINTER("n"),        INT("n_value"),
                             POINTER("n_next"), INT("n_next_value"), STATE_OF("n_next_ptr"),
                             STATE_OF("n_ptr"), INT("n_x")};
    field_roles_set_pointees(fields, COUNT(fields));
    static const uint8_t guards[] = {0, 0, 7, 7, 6, 7, 0, 0};
    for (size_t i = 0; i < COUNT(fields); i++) {
        ck_assert_uint_eq(fields[i].guard, guards[i]);
        ck_assert(!fields[i].is_referred);
        ck_assert((fields[i].place.kind == PLACE_POINTEE_STATE) == (i == 5 || i == 6));
    }
}
END_TEST

/* A parameter by reference has no field for its address. */
START_TEST(references)
{
    struct field fields[] = {INT("r"), STATE_OF("r_ptr"), INT("s_x"), INT("s_y"),
                             STATE_OF("s_ptr_2")};
    field_roles_set_pointees(fields, COUNT(fields));
    static const uint8_t guards[] = {2, 0, 5, 5, 0};
    for (size_t i = 0; i < COUNT(fields); i++) {
        ck_assert_uint_eq(fields[i].guard, guards[i]);
        ck_assert(fields[i].is_referred == (guards[i] != 0));
    }
}
END_TEST

START_TEST(symbols)
{
    struct field fields[] = {POINTER("f"),       TEXT("f_symbol"), TEXT("g_symbol"), POINTER("h"),
                             TEXT("h_symbol_2"), POINTER("i"),     TEXT("i_symbols")};
    field_roles_set_pointees(fields, COUNT(fields));
    ck_assert_int_eq(fields[1].kind, VALUE_SYMBOL);
    ck_assert_int_eq(fields[2].kind, VALUE_STRING);
    ck_assert_int_eq(fields[4].kind, VALUE_SYMBOL);
    ck_assert_int_eq(fields[6].kind, VALUE_STRING);
}
END_TEST

/* Names and labels that only look like a state's. */
START_TEST(no_states)
{
    static const struct enum_label others[] = {{"ok", 0}, {"null", 1}, {"bad", 2}};
    static const struct enum_type other = {.n_labels = 3, .labels = others};
    struct field fields[] = {INT("_ptr"),       STATE_OF("_ptr"), INT("p"),
                             STATE_OF("p_ptr"), INT("q"),         STATE_OF("q_state")};
    fields[3].enumeration = &other;
    field_roles_set_pointees(fields, COUNT(fields));
    for (size_t i = 0; i < COUNT(fields); i++) {
        ck_assert_uint_eq(fields[i].guard, 0);
        ck_assert_int_eq(fields[i].place.kind, PLACE_NONE);
    }
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, extras_of_exits);
    tcase_add_test(tests, results_are_no_extras);
    tcase_add_test(tests, extras_of_entries);
    tcase_add_test(tests, not_those_extras);
    tcase_add_test(tests, pointees);
    tcase_add_test(tests, references);
    tcase_add_test(tests, symbols);
    tcase_add_test(tests, no_states);
}

CHECK_MAIN("field_roles", 10, add_tests)
