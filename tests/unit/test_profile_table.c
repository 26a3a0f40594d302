/* SPDX-License-Identifier: MIT */
/* Profiles, and the tables that show them. */
#include "model/profile_table.h"

#include <errno.h>

#include "unit/check_main.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static char *written;
static size_t written_size;

static void teardown(void)
{
    free(written);
    written = NULL;
}

static const char *table_of(const struct profile_line *lines, size_t n,
                            const struct profile_style *style)
{
    free(written);
    FILE *stream = open_memstream(&written, &written_size);
    ck_assert_ptr_nonnull(stream);
    profile_table_write(stream, lines, n, style);
    ck_assert_int_eq(fclose(stream), 0);
    return written;
}

static struct profile_line line_of(const char *name, uint64_t calls, uint64_t total_ns)
{
    struct profile_line line = {.name = name, .has_times = true};
    line.values[PROFILE_CALLS] = calls;
    for (int column = PROFILE_TOTAL; column < PROFILE_COLUMNS; column++)
        line.values[column] = total_ns / (uint64_t)column;
    return line;
}

static const struct profile_style plain = {.by = "function"};

START_TEST(the_text)
{
    struct profile_line lines[] = {line_of("mylib:my_traced_function", 8, 1234567),
                                   line_of("app:main", 1, 0)};
    lines[1].has_times = false;
    ck_assert_str_eq(table_of(lines, 2, &plain),
                     "  CALLS  TOTAL   SELF   MEAN    P50    P99    MAX  FUNCTION\n"
                     "      8 1.23ms  617us  412us  309us  247us  206us  "
                     "mylib:my_traced_function\n"
                     "      1      -      -      -      -      -      -  app:main\n");
    ck_assert_str_eq(table_of(NULL, 0, &plain),
                     "  CALLS  TOTAL   SELF   MEAN    P50    P99    MAX  FUNCTION\n");
}
END_TEST

START_TEST(failed_calls_and_many_calls)
{
    struct profile_line lines[] = {line_of("open", 123456789012, 5), line_of("a", 1, 5)};
    struct profile_style style = {.by = "fd", .with_failed = true, .colours = true};
    lines[0].failed = 7;
    ck_assert_str_eq(
        table_of(lines, 2, &style),
        "\033[1m       CALLS  TOTAL   SELF   MEAN    P50    P99    MAX FAILED  FD\033[0m\n"
        "123456789012    5ns    2ns    1ns    1ns    1ns    0ns\033[31m      7\033[0m  open\n"
        "           1    5ns    2ns    1ns    1ns    1ns    0ns      0  a\n");
}
END_TEST

/* Names are as wide as there is room, whatever they are; no byte of a terminal's language. */
START_TEST(long_names_are_cut_in_the_middle)
{
    static const char *const names[] = {
        "app:std::vector<std::pair<int, std::string>>::push_back(std::pair<int, std::string>&&)",
        "app:short",
        "app:"
        "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6"
        "\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc",
        "app:\033[2J\033]0;x\007\x9b\xff\xe2\x80\xae",
    };
    struct profile_line lines[COUNT_OF(names)];
    for (size_t i = 0; i < COUNT_OF(names); i++)
        lines[i] = line_of(names[i], i, i * 1000);
    for (unsigned width = PROFILE_WIDTH_MIN; width <= 200; width++) {
        struct profile_style style = {.by = "function", .width = width};
        char *text = strdup(table_of(lines, COUNT_OF(names), &style)), *rest = text, *line;
        unsigned n = 0;
        for (; (line = strsep(&rest, "\n")) && *line; n++) {
            size_t characters = 0;
            for (const char *at = line; *at; at++) {
                characters += ((unsigned char)*at & 0xc0) != 0x80;
                ck_assert(*at >= ' ' || *at < 0);
            }
            ck_assert_uint_le(characters, width);
            if (n == 1) {
                ck_assert_uint_eq(characters, width < 137 ? width : 137);
                ck_assert_int_eq(strstr(line, "...") != NULL, width < 137);
            }
        }
        ck_assert_uint_eq(n, COUNT_OF(names) + 1);
        free(text);
    }
    struct profile_style narrow = {.by = "function", .width = 20};
    ck_assert_str_eq(table_of(lines, 2, &narrow),
                     "  CALLS  TOTAL   SELF   MEAN    P50    P99    MAX  FUNCTION\n"
                     "      0    0ns    0ns    0ns    0ns    0ns    0ns  app...&&)\n"
                     "      1 1.00us  500ns  333ns  250ns  200ns  166ns  app:short\n");
}
END_TEST

START_TEST(the_csv)
{
    struct profile_line lines[] = {line_of("app:f(int, char)", 2, 60), line_of("a\"b\n", 1, 0),
                                   line_of("", 3, 720)};
    struct profile_style style = {.format = PROFILE_CSV, .by = "function", .with_failed = true};
    lines[1].has_times = false;
    lines[2].failed = 3;
    ck_assert_str_eq(table_of(lines, 3, &style),
                     "calls,total_ns,self_ns,mean_ns,p50_ns,p99_ns,max_ns,failed,function\n"
                     "2,60,30,20,15,12,10,0,\"app:f(int, char)\"\n"
                     "1,,,,,,,0,\"a\"\"b\\x0a\"\n"
                     "3,720,360,240,180,144,120,3,\"\"\n");
}
END_TEST

START_TEST(the_json)
{
    struct profile_line lines[] = {
        line_of("a\"b\\c\n\x01\xc3\xa4\xe2\x80\xae\xf3\xa0\x80\x81\xff", 2, 60),
        line_of("x", 1, 0)};
    struct profile_style style = {.format = PROFILE_JSON, .by = "function", .net = true};
    lines[1].has_times = false;
    ck_assert_str_eq(
        table_of(lines, 2, &style),
        "{\"by\": \"function\", \"times\": \"net\", \"rows\": [\n"
        "  {\"name\": \"a\\\"b\\\\c\\u000a\\u0001\xc3\xa4\\u202e\\udb40\\udc01\\\\xff\", "
        "\"calls\": "
        "2, \"total_ns\": 60, \"self_ns\": 30, \"mean_ns\": 20, \"p50_ns\": 15, \"p99_ns\": 12, "
        "\"max_ns\": 10},\n"
        "  {\"name\": \"x\", \"calls\": 1, \"total_ns\": null, \"self_ns\": null, \"mean_ns\": "
        "null, \"p50_ns\": null, \"p99_ns\": null, \"max_ns\": null}\n"
        "]}\n");
    style.with_failed = true;
    style.net = false;
    ck_assert_str_eq(table_of(NULL, 0, &style),
                     "{\"by\": \"function\", \"times\": \"raw\", \"rows\": []}\n");
    ck_assert_ptr_nonnull(strstr(table_of(lines, 1, &style), "\"max_ns\": 10, \"failed\": 0}"));
}
END_TEST

/* What is known of one line alone. */
START_TEST(times_on_a_cpu)
{
    struct profile_line lines[] = {line_of("f", 2, 5040), line_of("g", 1, 5040)};
    struct profile_style style = {.by = "function", .with_cpu = true, .with_failed = true};
    lines[0].has_cpu = true;
    ck_assert_str_eq(
        table_of(lines, 2, &style),
        "  CALLS  TOTAL   SELF   MEAN    P50    P99    MAX    CPU   WAIT FAILED  FUNCTION\n"
        "      2 5.04us 2.52us 1.68us 1.26us 1.01us  840ns  720ns  630ns      0  f\n"
        "      1 5.04us 2.52us 1.68us 1.26us 1.01us  840ns      -      -      0  g\n");
    style.format = PROFILE_CSV;
    ck_assert_str_eq(
        table_of(lines, 2, &style),
        "calls,total_ns,self_ns,mean_ns,p50_ns,p99_ns,max_ns,cpu_ns,wait_ns,failed,function\n"
        "2,5040,2520,1680,1260,1008,840,720,630,0,f\n"
        "1,5040,2520,1680,1260,1008,840,,,0,g\n");
    style.format = PROFILE_JSON;
    ck_assert_ptr_nonnull(
        strstr(table_of(lines, 2, &style), "\"max_ns\": 840, \"cpu_ns\": 720, \"wait_ns\": 630, "));
    ck_assert_ptr_nonnull(
        strstr(written, "\"max_ns\": 840, \"cpu_ns\": null, \"wait_ns\": null, "));
    style = (struct profile_style){.by = "function", .with_cpu = true, .width = 80};
    lines[0].name = "app:a_name_that_is_too_long_for_this";
    ck_assert_str_eq(strrchr(table_of(lines, 1, &style), ' ') + 1, "app:a_...r_this\n");
}
END_TEST

START_TEST(sorts)
{
    struct profile_line lines[] = {line_of("rest", 100, 100), line_of("b", 1, 5),
                                   line_of("a", 1, 5), line_of("c", 3, 5), line_of("d", 1, 9)};
    lines[0].is_rest = true;
    profile_lines_sort(lines, COUNT_OF(lines), PROFILE_TOTAL);
    for (size_t i = 0; i < COUNT_OF(lines); i++)
        ck_assert_int_eq(lines[i].name[0], "dcabr"[i]);
    profile_lines_sort(lines, COUNT_OF(lines), PROFILE_CALLS);
    for (size_t i = 0; i < COUNT_OF(lines); i++)
        ck_assert_int_eq(lines[i].name[0], "cabdr"[i]);
    profile_lines_sort(NULL, 0, PROFILE_MAX);
}
END_TEST

START_TEST(names_of_columns_and_formats)
{
    ck_assert_int_eq(profile_column_of("calls"), PROFILE_CALLS);
    ck_assert_int_eq(profile_column_of("p99"), PROFILE_P99);
    ck_assert_int_eq(profile_column_of("max"), PROFILE_MAX);
    ck_assert_int_eq(profile_column_of("cpu"), PROFILE_CPU);
    ck_assert_int_eq(profile_column_of("wait"), PROFILE_WAIT);
    ck_assert_int_eq(profile_column_of("function"), -EINVAL);
    ck_assert_int_eq(profile_column_of(""), -EINVAL);
    ck_assert_int_eq(profile_format_of("text"), PROFILE_TEXT);
    ck_assert_int_eq(profile_format_of("csv"), PROFILE_CSV);
    ck_assert_int_eq(profile_format_of("json"), PROFILE_JSON);
    ck_assert_int_eq(profile_format_of("xml"), -EINVAL);
}
END_TEST

/* Two rows: fib, which calls itself, and work. Raw and net. */
START_TEST(a_profile)
{
    static const struct call_duration inner = {.raw_ns = 600,
                                               .self_raw_ns = 200,
                                               .net_ns = 300,
                                               .self_net_ns = 50,
                                               .has_cpu = true,
                                               .cpu = {400, 200, 100, 200}},
                                      outer = {.raw_ns = 1000,
                                               .self_raw_ns = 300,
                                               .net_ns = 700,
                                               .self_net_ns = 100,
                                               .nested_raw_ns = 600,
                                               .nested_net_ns = 300,
                                               .has_cpu = true,
                                               .cpu = {600, 400, 500, 200},
                                               .nested_cpu = {400, 200, 100, 200}},
                                      tiny = {.raw_ns = 10,
                                              .self_raw_ns = 10,
                                              .net_ns = -20,
                                              .self_net_ns = -20};
    struct profile profile = {.net = _i == 1};
    ck_assert_int_eq(profile_add_row(&profile), 0);
    ck_assert_int_eq(profile_add_row(&profile), 1);
    ck_assert_int_eq(profile_reserve(&profile, 10), 0);
    profile.rows.items[0].calls = 3;
    profile.rows.items[0].failed = 1;
    profile_add_duration(&profile, 0, &inner);
    profile_add_duration(&profile, 0, &outer);
    profile_add_duration(&profile, 0, &tiny);
    struct profile_line line = profile_line_of(&profile, 0, "fib");
    ck_assert(line.has_times);
    ck_assert_uint_eq(line.failed, 1);
    ck_assert_uint_eq(line.values[PROFILE_CALLS], 3);
    ck_assert_uint_eq(line.values[PROFILE_TOTAL], _i ? 680 : 1010);
    ck_assert_uint_eq(line.values[PROFILE_SELF], _i ? 130 : 510);
    ck_assert(line.has_cpu);
    ck_assert_uint_eq(line.values[PROFILE_CPU], _i ? 500 : 600);
    ck_assert_uint_eq(line.values[PROFILE_WAIT], _i ? 200 : 400);
    ck_assert_uint_eq(line.values[PROFILE_MEAN], _i ? 1000 / 3 : 1610 / 3);
    ck_assert_uint_eq(line.values[PROFILE_MAX], _i ? 700 : 1000);
    ck_assert_uint_ge(line.values[PROFILE_P50], _i ? 298 : 595);
    ck_assert_uint_le(line.values[PROFILE_P50], _i ? 302 : 605);
    line = profile_line_of(&profile, 1, "work");
    ck_assert(!line.has_times);
    profile_add_duration(&profile, 1, &tiny);
    line = profile_line_of(&profile, 1, "work");
    ck_assert_uint_eq(line.values[PROFILE_TOTAL], _i ? 0 : 10);
    ck_assert_uint_eq(line.values[PROFILE_MAX], _i ? 0 : 10);
    profile_free(&profile);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_add_test(tests, the_text);
    tcase_add_test(tests, failed_calls_and_many_calls);
    tcase_add_test(tests, long_names_are_cut_in_the_middle);
    tcase_add_test(tests, the_csv);
    tcase_add_test(tests, the_json);
    tcase_add_test(tests, times_on_a_cpu);
    tcase_add_test(tests, sorts);
    tcase_add_test(tests, names_of_columns_and_formats);
    tcase_add_loop_test(tests, a_profile, 0, 2);
}
CHECK_MAIN("profile_table", 10, add_tests)
