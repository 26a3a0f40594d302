/* SPDX-License-Identifier: MIT */
/* --print: addresses and the values behind them. */
#include <stdint.h>
#include <stdio.h>

#include "unit/print_stream.h"

/* Behind an unreadable address nothing is shown; the address says so. */
START_TEST(what_addresses_lead_to)
{
    static const struct field args[] = {
        {.name = "cfg", .kind = VALUE_POINTER, .size = 8},
        {.name = "cfg_size", .kind = VALUE_INTEGER, .size = 4, .guard = 6},
        {.name = "cfg_next", .kind = VALUE_POINTER, .size = 8, .guard = 6},
        {.name = "cfg_next_size", .kind = VALUE_INTEGER, .size = 4, .guard = 5},
        {.name = "cfg_next_ptr",
         .kind = VALUE_ENUM,
         .size = 1,
         .guard = 6,
         .place = {.kind = PLACE_POINTEE_STATE, .index = 1}},
        {.name = "cfg_ptr",
         .kind = VALUE_ENUM,
         .size = 1,
         .place = {.kind = PLACE_POINTEE_STATE, .index = 0}},
        {.name = "compare", .kind = VALUE_POINTER, .size = 8},
        {.name = "compare_symbol", .kind = VALUE_SYMBOL, .size = 8},
        {.name = "last", .kind = VALUE_INTEGER, .size = 4},
    };
    static const struct probe probe = {
        .provider = "m", .function = "f", .n_args = 9, .args = args, .n_rets = 8, .rets = args};
    static const char texts[] = "by_\033name\0"
                                "0x7777";
    static const struct {
        uint64_t values[9];
        const char *line;
    } lines[] = {
        {{0x10, 1, 0x20, 2, POINTEE_READ, POINTEE_READ, 0x30, 0, 9},
         "cfg = 0x10, cfg_size = 1, cfg_next = 0x20, cfg_next_size = 2, compare = 0x30 "
         "<by_\\x1bname>, last = 9"},
        {{0x10, 1, 0x20, 0, POINTEE_BAD, POINTEE_READ, 0x7777, 9, 9},
         "cfg = 0x10, cfg_size = 1, cfg_next = 0x20 (bad address), compare = 0x7777, last = 9"},
        {{0x10, 1, 0, 0, POINTEE_NULL, POINTEE_READ, 0, 0, 9},
         "cfg = 0x10, cfg_size = 1, cfg_next = 0x0, compare = 0x0, last = 9"},
        {{0, 0, 0, 0, POINTEE_NULL, POINTEE_NULL, 0, 0, 9}, "cfg = 0x0, compare = 0x0, last = 9"},
        {{8, 0, 0, 0, POINTEE_BAD, POINTEE_BAD, 0, 0, 9},
         "cfg = 0x8 (bad address), compare = 0x0, last = 9"},
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        char expected[512];
        struct hit hit = {.probe = &probe,
                          .kind = HIT_ENTRY,
                          .tid = 1,
                          .n_values = 9,
                          .values = lines[i].values,
                          .text = texts};
        print_hit(print, &hit);
        snprintf(expected, sizeof(expected), "1 m:f(%s)\n", lines[i].line);
        expect(expected);
    }
    struct hit hit = {.probe = &probe,
                      .kind = HIT_EXIT,
                      .tid = 1,
                      .n_values = 8,
                      .values = lines[3].values,
                      .text = texts};
    print_hit(print, &hit);
    expect("1 = {cfg = 0x0, compare = 0x0} <0.000000>\n");
}
END_TEST

/* A value behind an address that is not shown says itself that it is absent. */
START_TEST(what_is_absent)
{
    static const struct field args[] = {
        {.name = "any", .kind = VALUE_POINTER, .size = 8},
        {.name = "x_n", .kind = VALUE_INTEGER, .size = 4, .guard = 4, .is_referred = true},
        {.name = "x_text", .kind = VALUE_STRING, .size = 8, .guard = 4, .is_referred = true},
        {.name = "x_ptr",
         .kind = VALUE_ENUM,
         .size = 1,
         .place = {.kind = PLACE_POINTEE_STATE, .index = 0}},
        {.name = "last", .kind = VALUE_INTEGER, .size = 4},
    };
    static const struct probe probe = {
        .provider = "m", .function = "f", .n_args = 5, .args = args, .n_rets = 4, .rets = args};
    static const struct {
        uint64_t values[5];
        const char *line;
    } lines[] = {
        {{8, 7, 0, POINTEE_READ, 9}, "any = 0x8, x_n = 7, x_text = \"abc\", last = 9"},
        {{8, 0, 4, POINTEE_NULL, 9}, "any = 0x8, x_n = (null), x_text = (null), last = 9"},
        {{8, 0, 4, POINTEE_BAD, 9},
         "any = 0x8, x_n = (bad address), x_text = (bad address), last = 9"},
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        char expected[512];
        struct hit hit = {.probe = &probe,
                          .kind = HIT_ENTRY,
                          .tid = 1,
                          .n_values = 5,
                          .values = lines[i].values,
                          .text = "abc\0(null)"};
        print_hit(print, &hit);
        snprintf(expected, sizeof(expected), "1 m:f(%s)\n", lines[i].line);
        expect(expected);
    }
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, what_addresses_lead_to);
    tcase_add_test(tests, what_is_absent);
}

CHECK_MAIN("print_addresses", 10, add_tests)
