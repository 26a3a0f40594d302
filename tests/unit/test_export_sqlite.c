/* SPDX-License-Identifier: MIT */
/* Exports to sqlite: names and values that a database takes for something else.
   tests/e2e/test_export.sh has sqlite3 read one. */
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

#include "analysis/export/export.h"
#include "analysis/export/formats.h"
#include "unit/analysis_calls.h"

static struct export *export;
static FILE *stream;
static char limit[sizeof(export->limits[0])];
static char path[] = "/tmp/test_export_sqlite.XXXXXX";

static void start(void)
{
    strcpy(path + sizeof(path) - 7, "XXXXXX");
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    stream = fdopen(fd, "w");
    const struct export_options options = {
        .stream = stream, .path = path, .version = "1.0", .name = "it's \"a\" trace"};
    export = export_new(&export_sqlite, &options);
    ck_assert_int_eq(export_begin(export), 0);
    made_setup(export_visitor(export));
}

static void teardown(void)
{
    export_free(export);
    export = NULL;
    fclose(stream);
    unlink(path);
}

static int print_row(void *data, int n, char **values, char **names)
{
    (void)names;
    for (int i = 0; i < n; i++)
        fprintf(data, "%s%s", i ? "|" : "", values[i] ? values[i] : "NULL");
    putc('\n', data);
    return 0;
}

static void expect(const char *sql, const char *wanted)
{
    sqlite3 *db;
    char *text;
    size_t size;
    FILE *rows = open_memstream(&text, &size);
    ck_assert_int_eq(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    int result = sqlite3_exec(db, sql, print_row, rows, NULL);
    ck_assert_msg(result == SQLITE_OK, "%s: %s", sql, sqlite3_errmsg(db));
    fclose(rows);
    ck_assert_str_eq(text, wanted);
    free(text);
    sqlite3_close(db);
}

static void finish(void)
{
    ck_assert_int_eq(export_end(export), 0);
    strcpy(limit, export->limits[0]);
    export_free(export);
    export = NULL;
    expect("PRAGMA integrity_check", "ok\n");
}

/* A call of function `of` whose entry and exit have these fields. */
static void call_with(unsigned of, const struct event_layout *entry_layout,
                      const struct made_values *values, const struct event_layout *exit_layout,
                      uint64_t result)
{
    struct call call = {.function = &made_functions[of],
                        .thread = &made_threads[0],
                        .entry_ns = 1,
                        .data = calloc(1, made_visitor.call_size)};
    struct trace_event event = {
        .layout = entry_layout, .function = call.function, .time_ns = 1, .source = values};
    ck_assert_int_eq(made_visitor.entered(made_visitor.data, &call, &event), 0);
    const struct made_values results = {result, NULL};
    event.layout = exit_layout;
    event.source = &results;
    call.end = CALL_RETURNED;
    call.end_ns = 3;
    ck_assert_int_eq(made_visitor.left(made_visitor.data, &call, &event), 0);
    free(call.data);
}

static struct event_layout layout_of(uint32_t id, enum hit_kind kind, const struct field *fields,
                                     size_t n)
{
    struct event_layout layout = made_entry;
    layout.id = id;
    layout.kind = kind;
    layout.fields = fields;
    layout.n_fields = n;
    return layout;
}

static const struct made_values values = {7, "x"};

/* What is not known is NULL, and so is what a call that did not return took. */
START_TEST(rows)
{
    start();
    /* Where indexes are sorted: what there is no room for is in one place. */
    ck_assert_str_eq(sqlite3_temp_directory, "/tmp/");
    struct call *a = enter(0, 0, NULL, 1000);
    leave(enter(1, 4, NULL, 1010), 1020);
    unwind(enter(0, 1, a, 1030), 1040);
    leave_untimed(enter(0, 1, a, 1050), 1060);
    leave(a, 1100);
    exit_alone(1, 5, 1110, 0);
    const struct trace_gap gap = {.begin_ns = 5, .end_ns = 9, .n_events = 3};
    ck_assert_int_eq(made_visitor.gap(made_visitor.data, &gap), 0);
    finish();
    expect("SELECT * FROM calls ORDER BY id",
           "1|a|app|100|100|1000|100|90|0|NULL|1100|NULL||returned\n"
           "2|e|lib|100|101|1010|10|10|0|NULL|1020|NULL|worker|returned\n"
           "3|b|app|100|100|1030|NULL|NULL|0|1|NULL|NULL||unwound\n"
           "4|b|app|100|100|1050|NULL|NULL|0|1|1060|NULL||uncertain\n"
           "5|f|lib|100|101|NULL|NULL|NULL|0|NULL|1110|NULL|worker|no-entry\n");
    expect("SELECT * FROM \"app:b\"", "3|64|x|NULL\n4|64|x|0\n");
    expect("SELECT * FROM \"lib:f\"", "5|7\n");
    expect("SELECT * FROM gaps", "5|9|3|NULL|0\n");
    expect("SELECT * FROM about", "ptrace_tracer 1.0|it's \"a\" trace|raw\n");
}
END_TEST

/* Each function has its table, each field its column. */
START_TEST(names)
{
    static const struct field fields[] = {
        {.name = "call_id", .kind = VALUE_INTEGER, .size = 8},
        {.name = "X", .kind = VALUE_INTEGER, .size = 8},
        {.name = "x", .kind = VALUE_INTEGER, .size = 8},
        {.name = "retval", .kind = VALUE_INTEGER, .size = 8},
        {.name = "\"); DROP TABLE calls; --", .kind = VALUE_INTEGER, .size = 8},
        {.name = "", .kind = VALUE_INTEGER, .size = 8},
        {.name = "\x1b\xff", .kind = VALUE_INTEGER, .size = 8},
    };
    const struct event_layout many = layout_of(7, HIT_ENTRY, fields, 7),
                              one = layout_of(8, HIT_ENTRY, fields, 1);
    static const char *const function_names[] = {"f",        "F",   "calls",
                                                 "sqlite_x", "f_2", "'; DROP TABLE calls; --\"\n"};
    start();
    for (unsigned i = 0; i < 6; i++) {
        made_functions[i].name = function_names[i];
        made_functions[i].module = i < 2 ? "app" : i == 4 ? "APP" : "";
        const struct made_values number = {i, NULL};
        call_with(i, i % 2 ? &one : &many, &number, &made_exit, 9);
    }
    finish();
    expect("SELECT function, module, table_name FROM functions",
           "f|app|app:f\nF|app|app:F_2\ncalls||calls_2\nsqlite_x||_sqlite_x\nf_2|APP|APP:f_2_2\n"
           "'; DROP TABLE calls; --\"\\x0a||'; DROP TABLE calls; --\"\\x0a\n");
    expect("SELECT count(*) FROM calls", "6\n");
    expect("SELECT name FROM pragma_table_info('app:f')",
           "call_id\ncall_id_2\nX\nx_2\nretval\n\"); DROP TABLE calls; --\n_\n\\x1b\\xff\n"
           "retval_2\n");
    expect("SELECT call_id, call_id_2, retval, retval_2 FROM calls_2", "3|2|2|9\n");
    expect("SELECT * FROM \"'; DROP TABLE calls; --\"\"\\x0a\"", "6|5|9\n");
}
END_TEST

/* Events of one function may have other fields, and fields of one name other types. */
START_TEST(field_sets)
{
    static const struct field more[] = {
        {.name = "size", .kind = VALUE_INTEGER, .size = 8},
        {.name = "name", .kind = VALUE_INTEGER, .size = 8},
    };
    static const struct field texts[] = {
        {.name = "name", .kind = VALUE_INTEGER, .size = 8},
        {.name = "size", .kind = VALUE_STRING},
    };
    const struct made_values other = {8, "12"};
    const struct event_layout numbers = layout_of(7, HIT_ENTRY, more, 1),
                              swapped = layout_of(8, HIT_ENTRY, texts, 2);
    start();
    call_with(0, &made_entry, &values, &made_exit, 1);
    call_with(0, &numbers, &values, &made_exit, 2);
    call_with(0, &swapped, &other, &made_exit, 3);
    call_with(0, &made_entry, &values, &made_exit, 4);
    finish();
    expect("SELECT name, type FROM pragma_table_info('app:a')",
           "call_id|INTEGER\nsize|INTEGER\nname|TEXT\nretval|INTEGER\nname_2|INTEGER\n"
           "size_2|TEXT\n");
    expect("SELECT * FROM \"app:a\"", "1|7|x|1|NULL|NULL\n2|7|NULL|2|NULL|NULL\n"
                                      "3|NULL|NULL|3|8|12\n4|7|x|4|NULL|NULL\n");
}
END_TEST

/* Integers of 2^63 and more are no other numbers, NaN is not NULL, texts are safe to show. */
START_TEST(extreme_values)
{
    static const struct field fields[] = {
        {.name = "n", .kind = VALUE_INTEGER, .size = 8},
        {.name = "t", .kind = VALUE_STRING},
    };
    static const struct field real[] = {{.name = "r", .kind = VALUE_FLOAT, .size = 8}};
    static const struct field address[] = {{.name = "p", .kind = VALUE_POINTER, .size = 8}};
    const struct event_layout whole = layout_of(7, HIT_ENTRY, fields, 2),
                              reals = layout_of(8, HIT_ENTRY, real, 1),
                              addresses = layout_of(9, HIT_ENTRY, address, 1);
    static const uint64_t numbers[] = {UINT64_MAX, INT64_MAX, UINT64_C(1) << 63, 0};
    static const double reals_of[] = {NAN, INFINITY, -0.5, 1e300};
    start();
    for (int i = 0; i < 4; i++) {
        struct made_values value = {numbers[i], i ? "a\x1b[31m\xc3\xa4\xff" : "123"};
        call_with(0, &whole, &value, &made_exit, 0);
        call_with(2, &addresses, &value, &made_exit, 0);
        memcpy(&value.number, &reals_of[i], sizeof(double));
        call_with(1, &reals, &value, &made_exit, 0);
    }
    finish();
    expect("SELECT n, typeof(n), t, typeof(t) FROM \"app:a\" ORDER BY n",
           "0|integer|a\\x1b[31m\xc3\xa4\\xff|text\n"
           "9223372036854775807|integer|a\\x1b[31m\xc3\xa4\\xff|text\n"
           "0x8000000000000000|text|a\\x1b[31m\xc3\xa4\\xff|text\n"
           "0xffffffffffffffff|text|123|text\n");
    expect("SELECT r, typeof(r) FROM \"app:b\"", "nan|text\nInf|real\n-0.5|real\n1.0e+300|real\n");
    expect("SELECT p, typeof(p) FROM \"app:c\" LIMIT 1", "0xffffffffffffffff|text\n");
}
END_TEST

/* A table has at most SQLITE_LIMIT_COLUMN columns. What has none is counted. */
START_TEST(many_fields)
{
    enum { FIELDS = 2500 };
    static struct field fields[FIELDS];
    static char field_names[FIELDS][8];
    for (int i = 0; i < FIELDS; i++) {
        snprintf(field_names[i], sizeof(field_names[i]), "f%d", i);
        fields[i] = (struct field){.name = field_names[i], .kind = VALUE_INTEGER, .size = 8};
        fields[i].kind = i == 1 ? VALUE_STRING : VALUE_INTEGER;
    }
    const struct event_layout wide = layout_of(7, HIT_ENTRY, fields, FIELDS);
    start();
    call_with(0, &wide, &values, &made_exit, 0);
    finish();
    expect("SELECT count(*) FROM pragma_table_info('app:a')", "2000\n");
    expect("SELECT f0, f1, f1998 FROM \"app:a\"", "7|x|7\n");
    ck_assert_str_eq(limit, "502 fields of events are left out: a table has at most 2000 columns");
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_add_test(tests, rows);
    tcase_add_test(tests, names);
    tcase_add_test(tests, field_sets);
    tcase_add_test(tests, extreme_values);
    tcase_add_test(tests, many_fields);
}
CHECK_MAIN("export_sqlite", 30, add_tests)
