/* SPDX-License-Identifier: MIT */
/* Exports of calls as spans of OpenTelemetry. tests/e2e/test_export_otlp.sh has another program
   read them. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "analysis/export/trace_context.h"
#include "unit/exported_spans.h"

static unsigned count_of(const char *part)
{
    unsigned n = 0;
    for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
        n++;
    return n;
}

/* The span of that name, up to its end; the caller frees it. */
static char *span_of(const char *name)
{
    char wanted[100];
    snprintf(wanted, sizeof(wanted), "\"name\":\"%s\",\"kind\"", name);
    const char *at = strstr(text, wanted);
    ck_assert_msg(at, "no span %s in %s", name, text);
    while (strncmp(at, "{\"traceId\"", 10) != 0)
        at--;
    const char *end = strstr(at, "]}");
    return strndup(at, (size_t)(end - at) + 2);
}

static void expect_in_span(const char *name, const char *wanted)
{
    char *span = span_of(name);
    ck_assert_msg(strstr(span, wanted), "%s\nis not in\n%s", wanted, span);
    free(span);
}

/* The value of a member of the span: an ID. */
static void id_of(const char *name, const char *member, char id[33])
{
    char *span = span_of(name), wanted[50];
    snprintf(wanted, sizeof(wanted), "\"%s\":\"", member);
    const char *at = strstr(span, wanted);
    snprintf(id, 33, "%.*s", at ? (int)strcspn(at + strlen(wanted), "\"") : 0,
             at ? at + strlen(wanted) : "");
    free(span);
}

#define LAST(key, value) "{\"key\":\"" key "\",\"value\":{\"stringValue\":\"" value "\"}}"
#define TEXT(key, value) LAST(key, value) ","
#define INT(key, value)  "{\"key\":\"" key "\",\"value\":{\"intValue\":\"" value "\"}},"
#define SDK                                                                                        \
    TEXT("telemetry.sdk.language", "c")                                                            \
    TEXT("telemetry.sdk.name", "ptrace_tracer") TEXT("telemetry.sdk.version", "1.0")
#define SCHEMA "\"schemaUrl\":\"https://opentelemetry.io/schemas/1.44.0\""

START_TEST(whole)
{
    static const struct trace_context context = {0x5b8efff798038103, 0xd269b633813fc60c, 0, 0};
    start_with((struct export_options){.context = &context});
    strcpy(made_threads[0].name, "app-1");
    leave_with(enter(0, 0, NULL, 1000), 1030, -5);
    finish();
    char wanted[2000];
    static const char begin[] =
        "{\"resourceSpans\":[{\"resource\":{\"attributes\":[" SDK TEXT("service.name", "app-1")
            INT("process.pid", "100") LAST("process.executable.name", "app-1");
    static const char scope[] =
        "]}," SCHEMA ",\"scopeSpans\":[{\"scope\":{\"name\":\"app\"}," SCHEMA ",\"spans\":["
        "{\"traceId\":\"5b8efff798038103d269b633813fc60c\",\"spanId\":";
    static const char times[] = ",\"flags\":257,\"name\":\"a\",\"kind\":1,"
                                "\"startTimeUnixNano\":\"1000\",\"endTimeUnixNano\":\"1030\","
                                "\"attributes\":[";
    static const char code[] = TEXT("code.function.name", "a") TEXT("code.file.path", "/src/a b.c")
        INT("code.line.number", "12");
    static const char thread[] = INT("thread.id", "100") TEXT("thread.name", "app-1");
    static const char fields[] = INT("argument.size", "64") TEXT("argument.name", "x");
    static const char end[] =
        "{\"key\":\"result.retval\",\"value\":{\"intValue\":\"-5\"}}]}]}]}]}\n";
    snprintf(wanted, sizeof(wanted), "%s%s\"%016" PRIx64 "\"%s%s%s%s%s", begin, scope,
             trace_context_span(export->identity, 1), times, code, thread, fields, end);
    ck_assert_str_eq(text, wanted);
}
END_TEST

/*
 * a calls b, which returns, and b again, which is left by an exception; c, which is not selected,
 * calls d. In another thread e is open at the end, and f has an exit only.
 */
static void every_end(void)
{
    const struct made_values values = {UINT64_C(1) << 63, "it's; \"x\",\n\x1b\xff"};
    made_functions[2].selected = false;
    struct call *a = enter(0, 0, NULL, 1000);
    leave_with(enter_with(0, 1, a, 1010, &values), 1030, -1);
    struct call *e = enter(1, 4, NULL, 1040), *c = enter(0, 2, a, 1050);
    leave(enter(0, 3, c, 1055), 1060);
    leave(c, 1065);
    struct call *b = enter(0, 1, a, 1070);
    exit_alone(1, 5, 1080, 0);
    leave(a, 1100);
    b->parent = NULL; /* it has ended */
    unwind(b, 1100);
    end_as(e, 1200, CALL_AT_END);
}

/* The parent is the innermost exported call, whichever functions are selected. */
START_TEST(parents)
{
    char a[33], d[33], parent[33];
    start();
    every_end();
    finish();
    id_of("a", "spanId", a);
    id_of("a", "parentSpanId", parent);
    ck_assert_str_eq(parent, "");
    id_of("b", "parentSpanId", parent);
    ck_assert_str_eq(parent, a);
    id_of("d", "spanId", d);
    id_of("d", "parentSpanId", parent);
    ck_assert_str_eq(parent, a);
    id_of("e", "parentSpanId", parent);
    ck_assert_str_eq(parent, "");
    ck_assert_uint_eq(count_of("\"name\":\"c\""), 0);
    ck_assert_uint_eq(count_of("\"traceId\""), 6);
    /* Of the other thread: an exit alone is inside the call that is open. */
    id_of("e", "spanId", a);
    id_of("f", "parentSpanId", parent);
    ck_assert_str_eq(parent, a);
    expect_in_span("f", "\"startTimeUnixNano\":\"1080\",\"endTimeUnixNano\":\"1080\"");
}
END_TEST

START_TEST(ends)
{
    start();
    every_end();
    finish();
    ck_assert_uint_eq(count_of("ptrace_tracer.end"), 3);
    expect_in_span("e", LAST("ptrace_tracer.end", "at-end"));
    expect_in_span("f", LAST("ptrace_tracer.end", "no-entry"));
    ck_assert_uint_eq(count_of(LAST("ptrace_tracer.end", "unwound")), 1);
    ck_assert_uint_eq(count_of("\"status\""), 0);
    expect_in_span("e", "\"startTimeUnixNano\":\"1040\",\"endTimeUnixNano\":\"1200\"");
}
END_TEST

/* A call on another stack, whose caller was left on the timeline, has no parent: it would not be
   inside it. */
START_TEST(another_stack)
{
    char parent[33];
    start();
    struct call *a = enter(0, 0, NULL, 1000), *b = enter(0, 1, a, 1010);
    struct call *d = enter(0, 3, NULL, 1020); /* leaves both */
    struct call *e = enter(0, 4, b, 1030);
    leave(e, 1040);
    leave(d, 1050);
    leave(b, 1060);
    leave(a, 1070);
    finish();
    id_of("e", "parentSpanId", parent);
    ck_assert_str_eq(parent, "");
    id_of("b", "parentSpanId", parent);
    ck_assert_str_ne(parent, "");
}
END_TEST

START_TEST(typed)
{
    static const struct field fields[] = {
        {.name = "b", .kind = VALUE_BOOL, .size = 1},
        {.name = "p", .kind = VALUE_POINTER, .size = 8},
        {.name = "r", .kind = VALUE_FLOAT, .size = 8},
        {.name = "u", .kind = VALUE_INTEGER, .size = 8},
        {.name = "i", .kind = VALUE_INTEGER, .size = 8, .is_signed = true},
    };
    static const struct {
        uint64_t bits;
        const char *wanted[5];
    } cases[] = {
        {0,
         {"{\"boolValue\":false}", "{\"stringValue\":\"0x0\"}", "{\"doubleValue\":0}",
          "{\"intValue\":\"0\"}", "{\"intValue\":\"0\"}"}},
        {UINT64_C(0x7ff0000000000000),
         {"{\"boolValue\":true}", "{\"stringValue\":\"0x7ff0000000000000\"}",
          "{\"doubleValue\":\"Infinity\"}", "{\"intValue\":\"9218868437227405312\"}",
          "{\"intValue\":\"9218868437227405312\"}"}},
        {UINT64_C(0xfff0000000000000),
         {"{\"boolValue\":true}", "{\"stringValue\":\"0xfff0000000000000\"}",
          "{\"doubleValue\":\"-Infinity\"}", "{\"stringValue\":\"18442240474082181120\"}",
          "{\"intValue\":\"-4503599627370496\"}"}},
        {UINT64_C(0x7ff8000000000000),
         {"{\"boolValue\":true}", "{\"stringValue\":\"0x7ff8000000000000\"}",
          "{\"doubleValue\":\"NaN\"}", "{\"intValue\":\"9221120237041090560\"}",
          "{\"intValue\":\"9221120237041090560\"}"}},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        start();
        struct event_layout layout = made_exit;
        layout.fields = fields;
        layout.n_fields = 5;
        leave_by(enter(0, 1, NULL, 1), 2, &layout, cases[i].bits, 1);
        finish();
        for (int j = 0; j < 5; j++) {
            char wanted[100];
            /* Number 1 is the text of made_value(). */
            if (j == 1)
                continue;
            snprintf(wanted, sizeof(wanted), "{\"key\":\"result.%s\",\"value\":%s}", fields[j].name,
                     cases[i].wanted[j]);
            expect_in_span("b", wanted);
        }
        teardown();
    }
}
END_TEST

/* Text of any bytes is a JSON string that is safe on a terminal. */
START_TEST(texts)
{
    start();
    every_end();
    finish();
    ck_assert_uint_eq(count_of(TEXT("argument.size", "9223372036854775808")
                                   LAST("argument.name", "it's; \\\"x\\\",\\u000a\\u001b\\\\xff")),
                      1);
    for (size_t i = 0; i + 1 < text_size; i++)
        ck_assert_msg(text[i] >= ' ' && text[i] < 0x7f, "byte %d", text[i]);
}
END_TEST

START_TEST(names)
{
    start();
    made_functions[1].name = "n::f(int)";
    made_functions[1].module = "";
    made_functions[3].name = "";
    leave(enter(0, 1, NULL, 5), 6);
    leave(enter(0, 3, NULL, 7), 8);
    finish();
    expect_in_span("n::f(int)", LAST("code.function.name", "n::f"));
    expect_in_span("(unknown)", LAST("code.function.name", ""));
    ck_assert_uint_eq(count_of("\"scope\":{},"), 1);
    ck_assert_uint_eq(count_of("\"scope\":{\"name\":\"app\"},"), 1);
    ck_assert_uint_eq(count_of(LAST("service.name", "unknown_service")), 1);
}
END_TEST

/* A process has the name of its first thread; another name begins a request. */
START_TEST(processes)
{
    start();
    leave(enter(1, 0, NULL, 1), 2); /* "worker" */
    strcpy(made_threads[0].name, "first");
    leave(enter(0, 0, NULL, 3), 4);
    leave(enter(1, 0, NULL, 5), 6);
    made_threads[2] = (struct traced_thread){.host = 1, .pid = 100, .tid = 100, .name = "other"};
    leave(enter(2, 0, NULL, 7), 8);
    finish();
    ck_assert_uint_eq(count_of("\n"), 2);
    ck_assert_uint_eq(count_of(LAST("service.name", "worker")), 1);
    ck_assert_uint_eq(count_of(LAST("service.name", "first")), 1);
    ck_assert_uint_eq(count_of(LAST("service.name", "other")), 1);
}
END_TEST

/* The same calls have the same IDs; other calls, and what was read by other options, have others.
 */
START_TEST(identities)
{
    char first[33], second[33], span[33], other_span[33];
    start();
    every_end();
    finish();
    char *all = strdup(text);
    id_of("d", "traceId", first);
    id_of("d", "spanId", span);
    teardown();
    start();
    every_end();
    finish();
    ck_assert_str_eq(text, all);
    free(all);
    teardown();
    /* Whatever is selected. */
    start();
    made_functions[0].selected = made_functions[1].selected = false;
    every_end();
    finish();
    id_of("d", "traceId", second);
    id_of("d", "spanId", other_span);
    ck_assert_str_eq(second, first);
    ck_assert_str_eq(other_span, span);
    teardown();
    static const struct call_costs costs;
    const struct export_options others[] = {{.selection = 1}, {.costs = &costs}};
    for (int i = 0; i < 2; i++) {
        start_with(others[i]);
        every_end();
        finish();
        id_of("d", "traceId", second);
        id_of("d", "spanId", other_span);
        ck_assert_str_ne(second, first);
        ck_assert_str_ne(other_span, span);
        teardown();
    }
    start();
    leave(enter(0, 3, NULL, 1001), 1002);
    finish();
    id_of("d", "traceId", second);
    ck_assert_str_ne(second, first);
}
END_TEST

/* With a context: its trace, and its span around those that have no other. */
START_TEST(inherited)
{
    struct trace_context context;
    char id[33], a[33];
    ck_assert_int_eq(
        trace_context_parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", &context),
        0);
    start_with((struct export_options){.context = &context});
    every_end();
    finish();
    ck_assert_uint_eq(count_of("\"traceId\":\"0af7651916cd43dd8448eb211c80319c\""), 6);
    ck_assert_uint_eq(count_of("\"parentSpanId\":\"b7ad6b7169203331\",\"flags\":769,"), 2);
    id_of("a", "spanId", a);
    id_of("b", "parentSpanId", id);
    ck_assert_str_eq(a, id);
    expect_in_span("b", "\"flags\":257,");
}
END_TEST

START_TEST(gaps)
{
    static const struct trace_gap lost = {.begin_ns = 10, .end_ns = 20, .n_events = 3},
                                  pause = {.begin_ns = 40, .end_ns = 30, .is_pause = true},
                                  first = {.begin_ns = 0, .end_ns = 50, .n_events = 1};
    start();
    ck_assert_int_eq(made_visitor.gap(made_visitor.data, &lost), 0);
    ck_assert_int_eq(made_visitor.gap(made_visitor.data, &pause), 0);
    finish();
    expect_in_span("events were lost", "\"startTimeUnixNano\":\"10\",\"endTimeUnixNano\":\"20\"");
    expect_in_span("events were lost",
                   "{\"key\":\"ptrace_tracer.lost_events\",\"value\":{\"intValue\":\"3\"}}");
    expect_in_span("the session may have been stopped",
                   "\"startTimeUnixNano\":\"30\",\"endTimeUnixNano\":\"30\"");
    char one[33], other[33];
    id_of("events were lost", "spanId", one);
    id_of("the session may have been stopped", "spanId", other);
    ck_assert_str_ne(one, other);
    /* Not since 1970. */
    teardown();
    start();
    ck_assert_int_eq(made_visitor.gap(made_visitor.data, &first), 0);
    finish();
    expect_in_span("events were lost", "\"startTimeUnixNano\":\"50\",\"endTimeUnixNano\":\"50\"");
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_add_test(tests, whole);
    tcase_add_test(tests, parents);
    tcase_add_test(tests, ends);
    tcase_add_test(tests, another_stack);
    tcase_add_test(tests, typed);
    tcase_add_test(tests, texts);
    tcase_add_test(tests, names);
    tcase_add_test(tests, processes);
    tcase_add_test(tests, identities);
    tcase_add_test(tests, inherited);
    tcase_add_test(tests, gaps);
}
CHECK_MAIN("export_otlp", 30, add_tests)
