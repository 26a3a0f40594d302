/* SPDX-License-Identifier: MIT */
/* Our own CTF traces: what babeltrace2 reads from the fields of events. */
#include "unit/ctf_traces.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

static void write_hit(uint32_t event, const uint64_t *values, unsigned n, const char *text)
{
    static uint64_t time = 1000;
    struct hit hit = {.pid = 10,
                      .tid = 11,
                      .cpu = 0,
                      .time_ns = time++,
                      .ip = 0x1234,
                      .thread_name = "worker",
                      .n_values = n,
                      .values = values,
                      .text = text};
    ck_assert_int_eq(ctf_channel_write(channel, event, &hit), 1);
}

START_TEST(numbers)
{
    static const struct field fields[] = {
        {.name = "a", .kind = VALUE_INTEGER, .size = 1, .is_signed = true},
        {.name = "b", .kind = VALUE_INTEGER, .size = 1},
        {.name = "c", .kind = VALUE_INTEGER, .size = 2, .is_signed = true},
        {.name = "d", .kind = VALUE_INTEGER, .size = 2},
        {.name = "e", .kind = VALUE_INTEGER, .size = 4, .is_signed = true},
        {.name = "f", .kind = VALUE_INTEGER, .size = 4},
        {.name = "g", .kind = VALUE_INTEGER, .size = 8, .is_signed = true},
        {.name = "h", .kind = VALUE_INTEGER, .size = 8},
        {.name = "i", .kind = VALUE_BOOL, .size = 1},
        {.name = "j", .kind = VALUE_POINTER, .size = 8},
        {.name = "k", .kind = VALUE_WORD, .size = 3},
        {.name = "l", .kind = VALUE_COUNT, .unit = 4},
        {.name = "m", .kind = VALUE_FLOAT, .size = 4},
        {.name = "n", .kind = VALUE_FLOAT, .size = 8},
        {.name = "o", .kind = VALUE_FLOAT, .size = 16},
    };
    begin(NULL, 0);
    uint32_t event = add_event("m:f", fields, COUNT_OF(fields));
    uint64_t low[] = {(uint64_t)-128,
                      0,
                      (uint64_t)-32768,
                      0,
                      (uint64_t)INT32_MIN,
                      0,
                      (uint64_t)INT64_MIN,
                      0,
                      0,
                      0,
                      0,
                      0,
                      bits_of(-0.0),
                      bits_of(-__builtin_inf()),
                      bits_of(__builtin_nan(""))};
    uint64_t high[] = {
        127,           255, 32767,      65535,    INT32_MAX, UINT32_MAX,    INT64_MAX,
        UINT64_MAX,    1,   UINT64_MAX, 0xabcdef, 12,        bits_of(1.5f), bits_of(3.14159),
        bits_of(1e300)};
    write_hit(event, low, COUNT_OF(low), NULL);
    write_hit(event, high, COUNT_OF(high), NULL);
    write_hit(event, high, 1, NULL); /* those that are missing are 0 */
    end();
    expect_lines(
        "m:f: { cpu_id = 0 }, { a = -128, b = 0, c = -32768, d = 0, e = -2147483648, f = 0, "
        "g = -9223372036854775808, h = 0, i = 0, j = 0x0, k = 0x0, l = 0, m = -0, n = -inf, "
        "o = nan }\n"
        "m:f: { cpu_id = 0 }, { a = 127, b = 255, c = 32767, d = 65535, e = 2147483647, "
        "f = 4294967295, g = 9223372036854775807, h = 18446744073709551615, i = 1, "
        "j = 0xFFFFFFFFFFFFFFFF, k = 0xABCDEF, l = 12, m = 1.5, n = 3.14159, o = 1e+300 }\n"
        "m:f: { cpu_id = 0 }, { a = 127, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0, i = 0, "
        "j = 0x0, k = 0x0, l = 0, m = 0, n = 0, o = 0 }\n");
}
END_TEST

START_TEST(enumerations)
{
    static const struct enum_label labels[] = {
        {"B", 5}, {"say \"x\\y\"\n", 7}, {"B2", 5},      {NULL, 8},
        {"", 9},  {"A", (uint64_t)-3},   {"\xc3\xa9", 1}};
    static const struct enum_type type = {"t", COUNT_OF(labels), labels};
    static const struct enum_label big_label[] = {{"BIG", UINT64_MAX}};
    static const struct enum_type big = {NULL, 1, big_label}, none = {"n", 0, NULL};
    static const struct field fields[] = {
        {.name = "a", .kind = VALUE_ENUM, .size = 4, .is_signed = true, .enumeration = &type},
        {.name = "b", .kind = VALUE_ENUM, .size = 8, .enumeration = &big},
        {.name = "c", .kind = VALUE_ENUM, .size = 2, .enumeration = &none},
    };
    begin(NULL, 0);
    uint32_t event = add_event("m:f", fields, COUNT_OF(fields));
    static const uint64_t values[][3] = {
        {5, UINT64_MAX, 1}, {7, 0, 2}, {(uint64_t)-3, 0, 0}, {8, 0, 0}, {1, 0, 0}};
    for (size_t i = 0; i < COUNT_OF(values); i++)
        write_hit(event, values[i], 3, NULL);
    end();
    expect_lines("m:f: { cpu_id = 0 }, { a = ( \"B\" : container = 5 ), "
                 "b = ( \"BIG\" : container = 18446744073709551615 ), c = 1 }\n"
                 "m:f: { cpu_id = 0 }, { a = ( \"say _x_y__\" : container = 7 ), "
                 "b = ( <unknown> : container = 0 ), c = 2 }\n"
                 "m:f: { cpu_id = 0 }, { a = ( \"A\" : container = -3 ), "
                 "b = ( <unknown> : container = 0 ), c = 0 }\n"
                 "m:f: { cpu_id = 0 }, { a = ( <unknown> : container = 8 ), "
                 "b = ( <unknown> : container = 0 ), c = 0 }\n"
                 "m:f: { cpu_id = 0 }, { a = ( \"\xc3\xa9\" : container = 1 ), "
                 "b = ( <unknown> : container = 0 ), c = 0 }\n");
}
END_TEST

START_TEST(texts)
{
    static const struct field fields[] = {
        {.name = "a", .kind = VALUE_STRING, .size = 8},
        {.name = "b", .kind = VALUE_CHARS, .size = 3},
        {.name = "c", .kind = VALUE_HEX128, .size = 16},
        {.name = "d", .kind = VALUE_SYMBOL, .size = 8},
    };
    begin(NULL, 0);
    uint32_t event = add_event("m:f", fields, COUNT_OF(fields));
    static const char text[] = "say \"x\"\t\\y\0\0main+0x1c\0(null)";
    static const uint64_t values[] = {0, 11, 22, 12}, empty[] = {11, 11, 11, 11};
    write_hit(event, values, COUNT_OF(values), text);
    write_hit(event, empty, COUNT_OF(empty), text);
    write_hit(event, NULL, 0, NULL); /* those that are missing are empty */
    end();
    expect_lines("m:f: { cpu_id = 0 }, { a = \"say \\\"x\\\"\\t\\\\y\", b = \"\", c = \"(null)\", "
                 "d = \"main+0x1c\" }\n"
                 "m:f: { cpu_id = 0 }, { a = \"\", b = \"\", c = \"\", d = \"\" }\n"
                 "m:f: { cpu_id = 0 }, { a = \"\", b = \"\", c = \"\", d = \"\" }\n");
}
END_TEST

/* Names that mean something in the metadata, and events without fields. */
START_TEST(names)
{
    static const char *const words[] = {"event",  "stream",  "clock", "integer", "struct",
                                        "string", "variant", "enum",  "align",   "_Bool",
                                        "int",    "env",     "trace", "x9"};
    struct field fields[COUNT_OF(words)];
    for (size_t i = 0; i < COUNT_OF(words); i++)
        fields[i] =
            (struct field){.name = words[i], .kind = VALUE_INTEGER, .size = 1, .is_signed = true};
    begin(NULL, 0);
    uint32_t event = add_event("m:f", fields, COUNT_OF(fields));
    uint32_t hostile = add_event("m:f\"};\\\n/*", NULL, 0);
    uint32_t unicode = add_event("m:\xc3\xa9<int, 3>::operator()", NULL, 0);
    uint64_t values[COUNT_OF(words)] = {0};
    for (size_t i = 0; i < COUNT_OF(words); i++)
        values[i] = i;
    write_hit(event, values, COUNT_OF(words), NULL);
    write_hit(hostile, NULL, 0, NULL);
    write_hit(unicode, NULL, 0, NULL);
    end();
    expect_lines(
        "m:f: { cpu_id = 0 }, { event = 0, stream = 1, clock = 2, integer = 3, struct = 4, "
        "string = 5, variant = 6, enum = 7, align = 8, _Bool = 9, int = 10, env = 11, "
        "trace = 12, x9 = 13 }\n"
        "m:f\"};\\_/*: { cpu_id = 0 }, { }\n"
        "m:\xc3\xa9<int, 3>::operator(): { cpu_id = 0 }, { }\n");
}
END_TEST

START_TEST(contexts)
{
    static const enum ctf_context some[] = {CTF_CONTEXT_IP, CTF_CONTEXT_PROCNAME, CTF_CONTEXT_VTID,
                                            CTF_CONTEXT_VPID};
    static const struct field field = {.name = "a", .kind = VALUE_INTEGER, .size = 2};
    begin(some, COUNT_OF(some));
    uint32_t event = add_event("m:f", &field, 1);
    uint64_t value = 3;
    write_hit(event, &value, 1, NULL);
    struct ctf_channel *plain;
    EXPECT_OK(ctf_trace_add_channel(trace, NULL, 0, &plain, &error));
    struct hit hit = {.cpu = 1, .time_ns = 5000, .n_values = 1, .values = &value};
    ck_assert_int_eq(ctf_channel_write(plain, event, &hit), 1);
    hit.time_ns++;
    hit.cpu = 0;
    hit.pid = -1;
    hit.thread_name = "123456789012345xyz";
    ck_assert_int_eq(ctf_channel_write(channel, event, &hit), 1);
    hit.time_ns++;
    hit.thread_name = NULL;
    ck_assert_int_eq(ctf_channel_write(channel, event, &hit), 1);
    end();
    expect_lines("m:f: { cpu_id = 0 }, { ip = 4660, procname = \"worker\", vtid = 11, vpid = 10 }, "
                 "{ a = 3 }\n"
                 "m:f: { cpu_id = 1 }, { a = 3 }\n"
                 "m:f: { cpu_id = 0 }, { ip = 0, procname = \"123456789012345\", vtid = 0, "
                 "vpid = -1 }, { a = 3 }\n"
                 "m:f: { cpu_id = 0 }, { ip = 0, procname = \"\", vtid = 0, vpid = -1 }, "
                 "{ a = 3 }\n");
}
END_TEST

/* Records of more than one page, between others; all kinds of lengths around the ends of pages and
   blocks. No text is empty, as babeltrace2 2.0 then shows what its memory had before
   (lib/trace-ir/field.c, clear_string_field()). */
START_TEST(long_records)
{
    static const struct field fields[] = {
        {.name = "a", .kind = VALUE_INTEGER, .size = 4},
        {.name = "s", .kind = VALUE_STRING, .size = 8},
        {.name = "t", .kind = VALUE_STRING, .size = 8},
        {.name = "z", .kind = VALUE_INTEGER, .size = 1},
    };
    begin(NULL, 0);
    uint32_t event = add_event("m:f", fields, COUNT_OF(fields));
    static char text[80000];
    memset(text, 'x', sizeof(text) - 1);
    static const unsigned lengths[] = {1,     3980,  3981,  3990,  4000,  4001,  4090, 4096,
                                       5,     8100,  8190,  12000, 16200, 16300, 2,    1,
                                       70000, 16384, 32768, 65536, 4019,  4020,  4021, 7};
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        uint64_t values[] = {i, sizeof(text) - 1 - lengths[i], sizeof(text) - 2, 255 - i};
        write_hit(event, values, COUNT_OF(values), text);
        if (i % 5 == 0)
            EXPECT_OK(ctf_trace_flush(trace, &error));
    }
    struct ctf_counts counts;
    EXPECT_OK(ctf_trace_flush(trace, &error));
    ctf_trace_count(trace, &counts);
    ck_assert_uint_eq(counts.written, COUNT_OF(lengths));
    ck_assert_uint_eq(counts.lost + counts.unwritten + counts.late, 0);
    end();
    char *out = output_of("babeltrace2 --no-delta '%s' 2>&1 | sed 's/.*{ a = //'", path);
    const char *line = out;
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        char *expected;
        ck_assert_int_ge(asprintf(&expected, "%zu, s = \"%s\", t = \"x\", z = %zu }\n", i,
                                  text + sizeof(text) - 1 - lengths[i], 255 - i),
                         0);
        ck_assert_msg(strncmp(line, expected, strlen(expected)) == 0, "record %zu: %.100s", i,
                      line);
        line += strlen(expected);
        free(expected);
    }
    ck_assert_str_eq(line, "");
    free(out);
}
END_TEST

/* As many fields and labels as there can be: a description of more than a page. */
START_TEST(large_descriptions)
{
    enum { LABELS = 4097 };
    static struct enum_label labels[LABELS];
    static char label_names[LABELS][32];
    for (size_t i = 0; i < LABELS; i++) {
        snprintf(label_names[i], sizeof(label_names[i]), "label_number_%zu", i);
        labels[i] = (struct enum_label){label_names[i], i};
    }
    static const struct enum_type type = {"t", LABELS, labels};
    static struct field fields[PROBE_FIELDS_MAX];
    static char field_names[PROBE_FIELDS_MAX][8];
    uint64_t values[PROBE_FIELDS_MAX];
    for (size_t i = 0; i < PROBE_FIELDS_MAX; i++) {
        snprintf(field_names[i], sizeof(field_names[i]), "f%zu", i);
        fields[i] = (struct field){.name = field_names[i], .kind = VALUE_POINTER, .size = 8};
        values[i] = i + 1;
    }
    fields[0] = (struct field){.name = "e", .kind = VALUE_ENUM, .size = 2, .enumeration = &type};
    begin(NULL, 0);
    uint32_t small = add_event("m:small", &fields[1], 1);
    uint32_t large = add_event("m:large", fields, PROBE_FIELDS_MAX);
    uint32_t other = add_event("m:other", &fields[1], 1);
    write_hit(small, values, 1, NULL);
    EXPECT_OK(ctf_trace_flush(trace, &error));
    write_hit(large, values, PROBE_FIELDS_MAX, NULL);
    EXPECT_OK(ctf_trace_flush(trace, &error));
    write_hit(other, values, 1, NULL);
    end();
    char *text = output_of("babeltrace2 --no-delta '%s' 2>&1 | sed 's/.* m:/m:/'", path);
    ck_assert_ptr_nonnull(strstr(text, "m:small: { cpu_id = 0 }, { f1 = 0x1 }\nm:large: { cpu_id = "
                                       "0 }, { e = ( \"label_number_1\" : container = 1 ), f1 = "
                                       "0x2, f2 = 0x3, "));
    ck_assert_ptr_nonnull(strstr(text, "f63 = 0x40 }\nm:other: { cpu_id = 0 }, { f1 = 0x1 }\n"));
    ck_assert_uint_eq(count_lines(text), 3);
    free(text);
}
END_TEST

START_TEST(no_such_field)
{
    static const struct field field = {.name = "a", .kind = VALUE_INTEGER, .size = 3};
    begin(NULL, 0);
    ck_assert_int_eq(ctf_writer_add_event(writer, "m:f", &field, 1), -EINVAL);
    ck_assert_int_eq(ctf_writer_add_event(writer, "m:f", &field, PROBE_FIELDS_MAX + 1), -EINVAL);
}
END_TEST

static void add_tests(TCase *tests)
{
    need_cpus(2);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, numbers);
    tcase_add_test(tests, enumerations);
    tcase_add_test(tests, texts);
    tcase_add_test(tests, names);
    tcase_add_test(tests, contexts);
    tcase_add_test(tests, long_records);
    tcase_add_test(tests, large_descriptions);
    tcase_add_test(tests, no_such_field);
}

CTF_MAIN("ctf_fields", 30, add_tests)
