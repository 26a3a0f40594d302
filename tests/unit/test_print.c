/* SPDX-License-Identifier: MIT */
/* --print: hits as lines. */
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "unit/print_stream.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

static struct field field_of(enum value_kind kind, uint8_t size, bool is_signed)
{
    return (struct field){.name = "x", .kind = kind, .size = size, .is_signed = is_signed};
}

/* Prints the entry of `m:f` with that argument and expects "1 m:f(x = TEXT)". */
static void expect_value(const struct field *field, uint64_t value, const char *texts,
                         const char *text)
{
    struct probe probe = {.provider = "m", .function = "f", .n_args = 1, .args = field};
    struct hit hit = {.probe = &probe,
                      .kind = HIT_ENTRY,
                      .tid = 1,
                      .n_values = 1,
                      .values = &value,
                      .text = texts};
    char line[1024];
    snprintf(line, sizeof(line), "1 m:f(x = %s)\n", text);
    print_hit(print, &hit);
    expect(line);
}

START_TEST(the_sample)
{
    static const struct field args[] = {
        {.name = "arg1", .kind = VALUE_INTEGER, .size = 4, .is_signed = true},
        {.name = "arg2", .kind = VALUE_INTEGER, .size = 8},
        {.name = "arg3", .kind = VALUE_FLOAT, .size = 8},
        {.name = "arg4", .kind = VALUE_POINTER, .size = 8},
    };
    static const struct field ret = {
        .name = "retval", .kind = VALUE_INTEGER, .size = 4, .is_signed = true};
    static const struct probe probe = {.provider = "mylib",
                                       .function = "my_traced_function",
                                       .n_args = 4,
                                       .args = args,
                                       .n_rets = 1,
                                       .rets = &ret};
    uint64_t values[] = {42, 0xdeadbeef, bits_of(3.14159), 0x12345678};
    struct hit hit = {
        .probe = &probe, .kind = HIT_ENTRY, .tid = 12345, .n_values = 4, .values = values};
    print_hit(print, &hit);
    expect("12345 mylib:my_traced_function(arg1 = 42, arg2 = 3735928559, arg3 = 3.14159, "
           "arg4 = 0x12345678)\n");
    hit.kind = HIT_EXIT;
    hit.n_values = 1;
    hit.duration_ns = 12345;
    print_hit(print, &hit);
    expect("12345 = 42 <0.000012>\n");
}
END_TEST

START_TEST(integers)
{
    static const struct {
        uint8_t size;
        bool is_signed;
        uint64_t value;
        const char *text;
    } cases[] = {
        {1, true, (uint64_t)INT8_MIN, "-128"},
        {2, true, (uint64_t)-1, "-1"},
        {4, true, (uint64_t)INT32_MIN, "-2147483648"},
        {8, true, (uint64_t)INT64_MIN, "-9223372036854775808"},
        {1, false, 255, "255"},
        {4, false, UINT32_MAX, "4294967295"},
        {8, false, UINT64_MAX, "18446744073709551615"},
        {8, false, 0, "0"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct field field = field_of(VALUE_INTEGER, cases[i].size, cases[i].is_signed);
        expect_value(&field, cases[i].value, "", cases[i].text);
    }
    struct field flag = field_of(VALUE_BOOL, 1, false);
    expect_value(&flag, 1, "", "1");
    expect_value(&flag, 0, "", "0");
}
END_TEST

START_TEST(pointers_are_hex)
{
    struct field pointer = field_of(VALUE_POINTER, 8, false);
    struct field word = field_of(VALUE_WORD, 8, false);
    expect_value(&pointer, 0, "", "0x0");
    expect_value(&pointer, 0x12345678, "", "0x12345678");
    expect_value(&word, UINT64_MAX, "", "0xffffffffffffffff");
}
END_TEST

START_TEST(floats_are_shortest)
{
    struct field wide = field_of(VALUE_FLOAT, 8, false);
    struct field narrow = field_of(VALUE_FLOAT, 4, false);
    expect_value(&wide, bits_of(3.14159), "", "3.14159");
    expect_value(&wide, bits_of(0.1), "", "0.1");
    expect_value(&wide, bits_of(0.1 + 0.2), "", "0.30000000000000004");
    expect_value(&wide, bits_of(-0.0), "", "-0");
    expect_value(&wide, bits_of(3), "", "3");
    expect_value(&wide, bits_of(1e300), "", "1e+300");
    expect_value(&wide, bits_of(DBL_MAX), "", "1.7976931348623157e+308");
    expect_value(&wide, bits_of(DBL_TRUE_MIN), "", "4.94065645841247e-324");
    expect_value(&wide, bits_of(INFINITY), "", "inf");
    expect_value(&wide, bits_of(-INFINITY), "", "-inf");
    expect_value(&wide, bits_of(NAN), "", "nan");
    expect_value(&narrow, bits_of(0.1f), "", "0.1");
    expect_value(&narrow, bits_of(16777216.f), "", "16777216");
    expect_value(&narrow, bits_of(3.1415927f), "", "3.1415927");
    expect_value(&narrow, bits_of(FLT_MAX), "", "3.4028235e+38");
}
END_TEST

START_TEST(strings)
{
    static const struct {
        const char *text;
        const char *printed;
    } cases[] = {
        {"", "\"\""},
        {"hello", "\"hello\""},
        {"a \"quoted\" \\ word", "\"a \\\"quoted\\\" \\\\ word\""},
        {"tab\tnew\nline\r", "\"tab\\tnew\\nline\\r\""},
        {"\x1b[31m\x7f", "\"\\x1b[31m\\x7f\""},
        {"grün", "\"grün\""},
        {"bad\xff\xc3(", "\"bad\\xff\\xc3(\""},
        {"(null)", "(null)"},
        {"(bad address)", "(bad address)"},
        {"(null) and more", "\"(null) and more\""},
    };
    struct field field = field_of(VALUE_STRING, 8, false);
    char texts[256];
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        snprintf(texts, sizeof(texts), "skipped%c%s", '!', cases[i].text);
        expect_value(&field, strlen("skipped!"), texts, cases[i].printed);
    }
}
END_TEST

START_TEST(a_long_string)
{
    enum { LENGTH = 100000 };
    struct field field = field_of(VALUE_STRING, 8, false);
    struct probe probe = {.provider = "m", .function = "f", .n_args = 1, .args = &field};
    char *text = malloc(LENGTH + 1);
    ck_assert_ptr_nonnull(text);
    memset(text, '\1', LENGTH);
    text[LENGTH] = '\0';
    uint64_t value = 0;
    struct hit hit = {.probe = &probe,
                      .kind = HIT_ENTRY,
                      .tid = 1,
                      .n_values = 1,
                      .values = &value,
                      .text = text};
    print_hit(print, &hit);
    fflush(stream);
    ck_assert_uint_eq(strlen(written), strlen("1 m:f(x = \"\")\n") + 4 * LENGTH);
    free(text);
}
END_TEST

START_TEST(enumerations)
{
    static const struct enum_label colours[] = {
        {"RED", 0}, {"GREEN", 1}, {"GRASS", 1}, {"BLUE", 2}};
    static const struct enum_type colour = {"colour", 4, colours};
    static const struct enum_label levels[] = {{"LOW", (uint64_t)-5}, {"HIGH", 5}};
    static const struct enum_type level = {"level", 2, levels};
    static const struct enum_label modes[] = {{"NONE", 0}, {"R", 1}, {"W", 2}, {"X", 4}};
    static const struct enum_type mode = {"mode", 4, modes};
    struct field field = field_of(VALUE_ENUM, 4, false);
    field.enumeration = &colour;
    expect_value(&field, 0, "", "RED");
    expect_value(&field, 1, "", "GREEN");
    expect_value(&field, 3, "", "3");
    expect_value(&field, 77, "", "77");
    field.enumeration = &mode;
    expect_value(&field, 0, "", "NONE");
    expect_value(&field, 5, "", "R|X");
    expect_value(&field, 7, "", "R|W|X");
    expect_value(&field, 0x12, "", "W|0x10");
    expect_value(&field, 0x10, "", "16");
    field.is_signed = true;
    field.enumeration = &level;
    expect_value(&field, (uint64_t)-5, "", "LOW");
    expect_value(&field, (uint64_t)-4, "", "-4");
    field.enumeration = NULL;
    expect_value(&field, (uint64_t)-4, "", "-4");
}
END_TEST

START_TEST(no_arguments_and_void)
{
    struct probe probe = {.provider = "m", .function = "f"};
    struct hit hit = {.probe = &probe, .kind = HIT_ENTRY, .tid = 7};
    print_hit(print, &hit);
    expect("7 m:f()\n");
    hit.kind = HIT_EXIT;
    hit.duration_ns = 2000000999;
    print_hit(print, &hit);
    expect("7 = void <2.000000>\n");
    /* It returns something unknown. */
    probe.result_unknown = true;
    print_hit(print, &hit);
    expect("7 } m:f = ? <2.000000>\n");
}
END_TEST

START_TEST(several_values_returned)
{
    static const struct field rets[] = {
        {.name = "retval_x", .kind = VALUE_INTEGER, .size = 4, .is_signed = true},
        {.name = "retval_y", .kind = VALUE_INTEGER, .size = 4, .is_signed = true},
    };
    struct probe probe = {.provider = "m", .function = "f", .n_rets = 2, .rets = rets};
    uint64_t values[] = {1, 2};
    struct hit hit = {.probe = &probe, .kind = HIT_ENTRY, .tid = 7, .values = values};
    print_hit(print, &hit);
    hit.kind = HIT_EXIT;
    hit.n_values = 2;
    print_hit(print, &hit);
    expect("7 m:f()\n7 = {retval_x = 1, retval_y = 2} <0.000000>\n");
}
END_TEST

static void print_call(const struct probe *probe, enum hit_kind kind, pid_t tid, uint32_t depth)
{
    uint64_t value = tid;
    struct hit hit = {.probe = probe,
                      .kind = kind,
                      .tid = tid,
                      .depth = depth,
                      .n_values = 1,
                      .values = &value,
                      .duration_ns = 1000};
    print_hit(print, &hit);
}

/* An exit names its function if another line is between it and its entry. */
START_TEST(nested_and_interleaved)
{
    struct field ret = field_of(VALUE_INTEGER, 4, true);
    struct probe outer = {.provider = "m", .function = "outer", .n_rets = 1, .rets = &ret};
    struct probe inner = {.provider = "m", .function = "inner", .n_rets = 1, .rets = &ret};
    print_call(&outer, HIT_ENTRY, 1, 0);
    print_call(&inner, HIT_ENTRY, 1, 1);
    print_call(&inner, HIT_EXIT, 1, 1);
    print_call(&inner, HIT_ENTRY, 1, 1);
    print_call(&outer, HIT_ENTRY, 2, 0);
    print_call(&outer, HIT_EXIT, 2, 0);
    print_call(&inner, HIT_EXIT, 1, 1);
    print_call(&outer, HIT_EXIT, 1, 0);
    expect("1 m:outer()\n"
           "1   m:inner()\n"
           "1   = 1 <0.000001>\n"
           "1   m:inner()\n"
           "2 m:outer()\n"
           "2 = 2 <0.000001>\n"
           "1   } m:inner = 1 <0.000001>\n"
           "1 } m:outer = 1 <0.000001>\n");
    /* Recursion: the same function and thread, another activation. */
    print_call(&outer, HIT_ENTRY, 1, 0);
    print_call(&outer, HIT_ENTRY, 1, 1);
    print_call(&outer, HIT_EXIT, 1, 1);
    print_call(&outer, HIT_EXIT, 1, 0);
    expect("1 m:outer()\n"
           "1   m:outer()\n"
           "1   = 1 <0.000001>\n"
           "1 } m:outer = 1 <0.000001>\n");
}
END_TEST

START_TEST(deep_calls_stay_on_the_screen)
{
    struct probe probe = {.provider = "m", .function = "f"};
    print_call(&probe, HIT_ENTRY, 1, UINT32_MAX);
    fflush(stream);
    ck_assert_uint_lt(strlen(written), 300);
}
END_TEST

START_TEST(names_play_no_tricks)
{
    struct field field = field_of(VALUE_INTEGER, 4, true);
    field.name = "a\x1b[2J";
    struct probe probe = {.provider = "m\n", .function = "f\xff", .n_args = 1, .args = &field};
    print_call(&probe, HIT_ENTRY, 1, 0);
    expect("1 m\\x0a:f\\xff(a\\x1b[2J = 1)\n");
}
END_TEST

/* After the call, each with its name. */
START_TEST(facts_of_the_call)
{
    static const struct field args[] = {
        {.name = "a", .kind = VALUE_INTEGER, .size = 4, .is_signed = true},
        {.name = "depth", .kind = VALUE_INTEGER, .size = 4, .place = {.kind = PLACE_EXTRA}},
        {.name = "caller", .kind = VALUE_STRING, .size = 8, .place = {.kind = PLACE_EXTRA}},
    };
    static const struct field rets[] = {
        {.name = "retval", .kind = VALUE_INTEGER, .size = 4, .is_signed = true},
        {.name = "duration", .kind = VALUE_INTEGER, .size = 8, .place = {.kind = PLACE_EXTRA}},
    };
    struct probe probe = {.provider = "m",
                          .function = "f",
                          .n_args = 3,
                          .args = args,
                          .n_arg_extras = 2,
                          .n_rets = 2,
                          .rets = rets,
                          .n_ret_extras = 1};
    const uint64_t entry[] = {7, 3, 0}, exit[] = {8, 12345};
    struct hit hit = {.probe = &probe,
                      .kind = HIT_ENTRY,
                      .tid = 1,
                      .n_values = 3,
                      .values = entry,
                      .text = "main+0x1c"};
    print_hit(print, &hit);
    expect("1 m:f(a = 7) depth = 3, caller = \"main+0x1c\"\n");
    hit.kind = HIT_EXIT;
    hit.n_values = 2;
    hit.values = exit;
    hit.duration_ns = 12345;
    print_hit(print, &hit);
    expect("1 = 8 <0.000012> duration = 12345\n");
    probe.args = args + 1;
    probe.n_args = probe.n_arg_extras = 1;
    probe.rets = rets + 1;
    probe.n_rets = probe.n_ret_extras = 1;
    hit.kind = HIT_ENTRY;
    hit.values = entry + 1;
    hit.n_values = 1;
    print_hit(print, &hit);
    expect("1 m:f() depth = 3\n");
    hit.kind = HIT_EXIT;
    hit.values = exit + 1;
    print_hit(print, &hit);
    expect("1 = void <0.000012> duration = 12345\n");
}
END_TEST

/* In the place of a result; a call that is not the last line's is named. */
START_TEST(unwound_calls)
{
    static const struct probe outer = {.provider = "m", .function = "outer"};
    static const struct probe inner = {.provider = "m", .function = "inner"};
    struct hit hits[] = {
        {.probe = &outer, .kind = HIT_ENTRY, .tid = 1},
        {.probe = &inner, .kind = HIT_ENTRY, .tid = 1, .depth = 1},
        {.probe = &inner, .kind = HIT_UNWOUND, .tid = 1, .depth = 1},
        {.probe = &outer, .kind = HIT_UNWOUND, .tid = 1},
    };
    for (size_t i = 0; i < COUNT_OF(hits); i++)
        print_hit(print, &hits[i]);
    expect("1 m:outer()\n"
           "1   m:inner()\n"
           "1   } unwound\n"
           "1 } m:outer unwound\n");
}
END_TEST

/* Fewer values than fields: nothing is read beyond them. */
START_TEST(values_missing)
{
    struct field fields[] = {field_of(VALUE_INTEGER, 4, true), field_of(VALUE_STRING, 8, false)};
    struct probe probe = {.provider = "m", .function = "f", .n_args = 2, .args = fields};
    struct hit hit = {.probe = &probe, .kind = HIT_ENTRY, .tid = 1};
    print_hit(print, &hit);
    expect("1 m:f(x = 0, x = \"\")\n");
}
END_TEST

START_TEST(time_of_day)
{
    teardown();
    start(true);
    setenv("TZ", "UTC", 1);
    tzset();
    struct probe probe = {.provider = "m", .function = "f"};
    struct timespec monotonic, real;
    clock_gettime(CLOCK_MONOTONIC, &monotonic);
    clock_gettime(CLOCK_REALTIME, &real);
    uint64_t time_ns = (uint64_t)monotonic.tv_sec * 1000000000 + (uint64_t)monotonic.tv_nsec;
    /* An hour ago. */
    struct hit hit = {
        .probe = &probe, .kind = HIT_ENTRY, .tid = 1, .time_ns = time_ns - 3600000000000};
    print_hit(print, &hit);
    fflush(stream);
    int hours, minutes, seconds, micros, end = 0;
    ck_assert_int_eq(
        sscanf(written, "%2d:%2d:%2d.%6d 1 m:f()%n", &hours, &minutes, &seconds, &micros, &end), 4);
    ck_assert_int_eq(end, (int)strlen("12:34:56.123456 1 m:f()"));
    ck_assert_str_eq(written + end, "\n");
    long printed = hours * 3600L + minutes * 60L + seconds;
    long wanted = (real.tv_sec - 3600) % 86400;
    ck_assert_int_le((printed - wanted + 1 + 86400) % 86400, 2);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, the_sample);
    tcase_add_test(tests, integers);
    tcase_add_test(tests, pointers_are_hex);
    tcase_add_test(tests, floats_are_shortest);
    tcase_add_test(tests, strings);
    tcase_add_test(tests, a_long_string);
    tcase_add_test(tests, enumerations);
    tcase_add_test(tests, no_arguments_and_void);
    tcase_add_test(tests, several_values_returned);
    tcase_add_test(tests, nested_and_interleaved);
    tcase_add_test(tests, deep_calls_stay_on_the_screen);
    tcase_add_test(tests, names_play_no_tricks);
    tcase_add_test(tests, facts_of_the_call);
    tcase_add_test(tests, unwound_calls);
    tcase_add_test(tests, values_missing);
    tcase_add_test(tests, time_of_day);
}

CHECK_MAIN("print", 10, add_tests)
