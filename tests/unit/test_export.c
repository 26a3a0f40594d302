/* SPDX-License-Identifier: MIT */
/* Exports of calls that a reader announces: each format's text. tests/e2e/test_export.sh has other
   programs read them. */
#include "analysis/export/export.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>

#include "analysis/export/formats.h"
#include "unit/analysis_calls.h"

static struct export *export;
static FILE *stream;
static char *text;
static size_t text_size;

static struct source_line source_of(void *data, const struct traced_function *function)
{
    (void)data;
    return function->id == 0 ? (struct source_line){"/src/a b.c", 12} : (struct source_line){0};
}

static void start(const char *format, const struct call_costs *costs)
{
    stream = open_memstream(&text, &text_size);
    ck_assert_ptr_nonnull(stream);
    const struct export_options options = {.stream = stream,
                                           .version = "1.0",
                                           .name = "trace \"1\"",
                                           .costs = costs,
                                           .source_of = source_of};
    ck_assert_ptr_nonnull(export_format_of(format));
    export = export_new(export_format_of(format), &options);
    ck_assert_ptr_nonnull(export);
    ck_assert_int_eq(export_begin(export), 0);
    made_setup(export_visitor(export));
}

static void expect(const char *wanted)
{
    ck_assert_int_eq(export_end(export), 0);
    ck_assert_int_eq(fclose(stream), 0);
    stream = NULL;
    ck_assert_str_eq(text, wanted);
}

static void teardown(void)
{
    export_free(export);
    export = NULL;
    if (stream)
        fclose(stream);
    stream = NULL;
    free(text);
    text = NULL;
}

/*
 * a calls b, which returns, and b again, which is left by an exception; c, which is not selected,
 * calls d. In another thread e is open at the end, and f has an exit only. A b is known to be left
 * later than its caller has returned.
 */
static void every_end(void)
{
    const struct made_values values = {UINT64_C(1) << 60, "it's; \"x\",\n\x1b\xff"};
    made_functions[2].selected = false;
    struct call *a = enter(0, 0, NULL, 1000);
    leave_with(enter_with(0, 1, a, 1010, &values), 1030, -1);
    struct call *e = enter(1, 4, NULL, 1040), *c = enter(0, 2, a, 1050);
    leave(enter(0, 3, c, 1055), 1060);
    leave(c, 1065);
    struct call *b = enter(0, 1, a, 1070);
    exit_alone(1, 5, 1080, 0);
    leave(a, 1100);
    exit_alone(2, 5, 1110, 25);
    b->parent = NULL; /* it has ended */
    unwind(b, 1100);
    end_as(e, 1200, CALL_AT_END);
}

#define ENTRY "{\"\"size\"\": 64, \"\"name\"\": \"\"x\"\"}"

START_TEST(csv)
{
    start("csv", NULL);
    every_end();
    expect("id,parent,module,function,pid,tid,thread,start_ns,end_ns,duration_ns,self_ns,depth,end,"
           "arguments,results,cpu_ns\r\n"
           "2,1,app,b,100,100,,1010,1030,20,20,0,returned,"
           "\"{\"\"size\"\": 1152921504606846976, \"\"name\"\": "
           "\"\"it's; \\\"\"x\\\"\",\\u000a\\u001b\\\\xff\"\"}\",\"{\"\"retval\"\": -1}\",\r\n"
           "4,1,app,d,100,100,,1055,1060,5,5,0,returned,\"" ENTRY "\",\"{\"\"retval\"\": 0}\",\r\n"
           "6,,lib,f,100,101,worker,,1080,,,0,no-entry,,\"{\"\"retval\"\": 7}\",\r\n"
           "1,,app,a,100,100,,1000,1100,100,65,0,returned,\"" ENTRY
           "\",\"{\"\"retval\"\": 0}\",\r\n"
           "7,,lib,f,100,102,,,1110,25,,0,no-entry,,\"{\"\"retval\"\": 7}\",\r\n"
           "5,1,app,b,100,100,,1070,,,,0,unwound,\"" ENTRY "\",,\r\n"
           "3,,lib,e,100,101,worker,1040,,,,0,at-end,\"" ENTRY "\",,\r\n");
    ck_assert_uint_eq(export->n_calls, 7);
}
END_TEST

START_TEST(csv_names)
{
    start("csv", NULL);
    made_functions[0].module = "a,b";
    made_functions[0].name =
        "operator\"\"_x<aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xc3\xa4>\n\xff";
    leave(enter(0, 0, NULL, 0), 5);
    expect("id,parent,module,function,pid,tid,thread,start_ns,end_ns,duration_ns,self_ns,depth,end,"
           "arguments,results,cpu_ns\r\n"
           "1,,\"a,b\",\"operator\"\"\"\"_x<aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
           "\xc3\xa4>\\x0a\\xff\",100,100,,0,5,5,5,0,returned,\"" ENTRY
           "\",\"{\"\"retval\"\": 0}\",\r\n");
}
END_TEST

START_TEST(json)
{
    start("json", NULL);
    made_functions[5].name = "f\"\\\n\xff";
    leave_with(enter(1, 0, NULL, 10), 15, -1);
    exit_alone(1, 5, 20, 0);
    expect("{\"id\": 1, \"parent\": null, \"module\": \"app\", \"function\": \"a\", \"pid\": 100, "
           "\"tid\": 101, \"thread\": \"worker\", \"start_ns\": 10, \"end_ns\": 15, "
           "\"duration_ns\": 5, \"self_ns\": 5, \"cpu_ns\": null, \"depth\": 0, \"end\": "
           "\"returned\", "
           "\"arguments\": {\"size\": 64, \"name\": \"x\"}, \"results\": {\"retval\": -1}}\n"
           "{\"id\": 2, \"parent\": null, \"module\": \"lib\", "
           "\"function\": \"f\\\"\\\\\\u000a\\\\xff\", \"pid\": 100, "
           "\"tid\": 101, \"thread\": \"worker\", \"start_ns\": null, \"end_ns\": 20, "
           "\"duration_ns\": null, \"self_ns\": null, \"cpu_ns\": null, \"depth\": 0, \"end\": "
           "\"no-entry\", "
           "\"arguments\": {}, \"results\": {\"retval\": 7}}\n");
}
END_TEST

/* What tracing cost is in no duration. */
START_TEST(net_rows)
{
    static const struct call_costs costs = {1, 2, 3, 4, 0};
    start("csv", &costs);
    struct call *a = enter(0, 0, NULL, 100);
    leave(enter(0, 1, a, 120), 140);
    leave(a, 200);
    expect("id,parent,module,function,pid,tid,thread,start_ns,end_ns,duration_ns,self_ns,depth,end,"
           "arguments,results,cpu_ns\r\n"
           "2,1,app,b,100,100,,120,140,15,15,0,returned,\"" ENTRY "\",\"{\"\"retval\"\": 0}\",\r\n"
           "1,,app,a,100,100,,100,200,85,70,0,returned,\"" ENTRY "\",\"{\"\"retval\"\": 0}\",\r\n");
}
END_TEST

#define EVENT(phase, tid, ts, module, name, args)                                                  \
    "\n{\"ph\": \"" phase "\", \"pid\": 100, \"tid\": " tid ", \"ts\": " ts                        \
    ", \"name\": \"" module ":" name "\", \"cat\": \"" module "\", \"args\": {" args "}}"
#define ARGS        "\"size\": 64, \"name\": \"x\""
#define END(how)    "\"end\": \"" how "\""
#define RESULT(n)   ", \"results\": {\"retval\": " n "}"
#define INSTANT(ts) ts ", \"s\": \"t\""

/* The b that was left ends with the last event before a returned, and a nanosecond later: no call
   is empty. */
START_TEST(chrome)
{
    start("chrome", NULL);
    every_end();
    const struct trace_gap gap = {.begin_ns = 900, .end_ns = 1200, .n_events = 3};
    ck_assert_int_eq(made_visitor.gap(made_visitor.data, &gap), 0);
    expect(
        "{\"displayTimeUnit\": \"ns\",\n\"traceEvents\": [" //
        EVENT("B", "100", "0.000", "app", "a", ARGS) ","    //
        EVENT("B", "100", "0.010", "app", "b",
              "\"size\": \"1152921504606846976\", "
              "\"name\": \"it's; \\\"x\\\",\\u000a\\u001b\\\\xff\"") ","     //
        EVENT("E", "100", "0.030", "app", "b", END("returned") RESULT("-1")) //
        ",\n{\"ph\": \"M\", \"pid\": 100, \"tid\": 101, \"name\": \"thread_name\", "
        "\"args\": {\"name\": \"worker\"}},"                                             //
        EVENT("B", "101", "0.040", "lib", "e", ARGS) ","                                 //
        EVENT("B", "100", "0.055", "app", "d", ARGS) ","                                 //
        EVENT("E", "100", "0.060", "app", "d", END("returned") RESULT("0")) ","          //
        EVENT("B", "100", "0.070", "app", "b", ARGS) ","                                 //
        EVENT("i", "101", INSTANT("0.080"), "lib", "f", END("no-entry") RESULT("7")) "," //
        EVENT("E", "100", "0.071", "app", "b", END("unwound")) ","                       //
        EVENT("E", "100", "0.100", "app", "a", END("returned") RESULT("0")) ","          //
        EVENT("i", "102", INSTANT("0.110"), "lib", "f", END("no-entry") RESULT("7")) "," //
        EVENT(
            "E", "101", "0.200", "lib", "e",
            END("at-end")) "," //
                           "\n{\"ph\": \"i\", \"ts\": 0.200, \"pid\": 0, \"tid\": 0, \"s\": \"g\", "
                           "\"name\": \"events were lost\", \"cat\": \"(none)\", "
                           "\"args\": {\"events\": 3, \"packets\": 0}}"
                           "\n],\n\"otherData\": {\"exporter\": \"ptrace_tracer 1.0\", "
                           "\"start_ns\": \"1000\", "
                           "\"times\": \"raw\"}}\n");
}
END_TEST

/* The exit may be that of another call: its time is not that of this one. The outer call's is
   known, as it was recorded. */
START_TEST(uncertain)
{
    start("chrome", NULL);
    struct call *a = enter(0, 0, NULL, 1000);
    leave_untimed(enter(0, 1, a, 1010), 1090);
    leave(a, 1100);
    expect("{\"displayTimeUnit\": \"ns\",\n\"traceEvents\": ["                      //
           EVENT("B", "100", "0.000", "app", "a", ARGS) ","                         //
           EVENT("B", "100", "0.010", "app", "b", ARGS) ","                         //
           EVENT("E", "100", "0.011", "app", "b", END("uncertain") RESULT("0")) "," //
           EVENT("E", "100", "0.100", "app", "a", END("returned") RESULT("0"))      //
           "\n],\n\"otherData\": {\"exporter\": \"ptrace_tracer 1.0\", \"start_ns\": \"1000\", "
           "\"times\": \"raw\"}}\n");
}
END_TEST

#define SCOPE_HEAD                                                                                 \
    "{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\","                         \
    "\"exporter\":\"ptrace_tracer 1.0\",\"name\":\"trace \\\"1\\\"\",\n\"profiles\":["
#define SCOPE(type, frame, at) "\n{\"type\":\"" type "\",\"frame\":" frame ",\"at\":" at "}"

START_TEST(speedscope)
{
    start("speedscope", NULL);
    every_end();
    expect(
        SCOPE_HEAD "\n{\"type\":\"evented\",\"unit\":\"nanoseconds\",\"name\":\"100/100\","
                   "\"startValue\":0,\"endValue\":100,\"events\":[" SCOPE("O", "0", "0") //
        "," SCOPE("O", "1", "10") "," SCOPE("C", "1", "30") "," SCOPE("O", "3", "55")    //
        "," SCOPE("C", "3", "60") "," SCOPE("O", "1", "70") "," SCOPE("C", "1", "70")    //
        "," SCOPE(
            "C", "0",
            "100") "\n]},"
                   "\n{\"type\":\"evented\",\"unit\":\"nanoseconds\",\"name\":\"100/101 worker\","
                   "\"startValue\":40,\"endValue\":200,\"events\":[" SCOPE("O", "2", "40") //
        "," SCOPE("C", "2", "200") "\n]}\n],\n\"shared\":{\"frames\":["
                                   "\n{\"name\":\"app:a\",\"file\":\"/src/a "
                                   "b.c\",\"line\":12},\n{\"name\":\"app:b\"},"
                                   "\n{\"name\":\"lib:e\"},\n{\"name\":\"app:d\"}\n]}}\n");
}
END_TEST

/* A net time is of a clock that stands still while tracing takes time, and is right when no call is
   open. It never goes back: the second a takes less than tracing is said to have cost. */
START_TEST(net_timeline)
{
    static const struct call_costs costs = {1, 2, 3, 4, 0};
    start("speedscope", &costs);
    struct call *a = enter(0, 0, NULL, 100);
    leave(enter(0, 1, a, 120), 140);
    leave(a, 200);
    a = enter(0, 0, NULL, 300);
    leave(enter(0, 1, a, 310), 311);
    leave(a, 312);
    expect(SCOPE_HEAD "\n{\"type\":\"evented\",\"unit\":\"nanoseconds\",\"name\":\"100/100\","
                      "\"startValue\":0,\"endValue\":207,\"events\":[" SCOPE("O", "0", "0") //
           "," SCOPE("O", "1", "17") "," SCOPE("C", "1", "32") "," SCOPE("C", "0", "85")    //
           "," SCOPE("O", "0", "200") "," SCOPE("O", "1", "207") "," SCOPE("C", "1", "207") //
           "," SCOPE("C", "0", "207") "\n]}\n],\n\"shared\":{\"frames\":["
                                      "\n{\"name\":\"app:a\",\"file\":\"/src/a "
                                      "b.c\",\"line\":12},\n{\"name\":\"app:b\"}\n]}}\n");
}
END_TEST

/* Calls of which no time is known have no path of their own. */
START_TEST(folded)
{
    start("folded", NULL);
    made_functions[1].name = "b x; y\n\xff";
    every_end();
    expect("app:a 65\napp:a;app:b\\x20x\\x3b\\x20y\\x0a\\xff 20\napp:a;app:d 5\n");
    ck_assert_uint_eq(export->n_calls, 5);
}
END_TEST

START_TEST(callgrind)
{
    start("callgrind", NULL);
    made_functions[1].name = "b (2)\n\xff";
    every_end();
    expect("# callgrind format\nversion: 1\ncreator: ptrace_tracer 1.0\ncmd: trace \"1\"\n"
           "positions: line\nevent: Wall : ns as recorded\nevents: Wall\n"
           "\nob=(0) ???\nfl=(0) ???\nfn=(0) (none)\n0 0\n"
           "cob=(5) lib\ncfi=(5) ???\ncfn=(5) lib:e\ncalls=1 0\n0 0\n"
           "cob=(1) app\ncfi=(1) /src/a b.c\ncfn=(1) app:a\ncalls=1 12\n0 100\n"
           "cob=(6) lib\ncfi=(6) ???\ncfn=(6) lib:f\ncalls=2 0\n0 25\n"
           "\nob=(1)\nfl=(1)\nfn=(1)\n12 65\n"
           "cob=(2) app\ncfi=(2) ???\ncfn=(2) app:b (2)\\x0a\\xff\ncalls=2 0\n12 20\n"
           "\nob=(2)\nfl=(2)\nfn=(2)\n0 20\n"
           "\nob=(3) app\nfl=(3) ???\nfn=(3) app:c\n0 0\n"
           "cob=(4) app\ncfi=(4) ???\ncfn=(4) app:d\ncalls=1 0\n0 5\n"
           "\nob=(4)\nfl=(4)\nfn=(4)\n0 5\n"
           "\nob=(5)\nfl=(5)\nfn=(5)\n0 0\n"
           "\nob=(6)\nfl=(6)\nfn=(6)\n0 0\n"
           "\ntotals: 90\n");
}
END_TEST

/* b calls itself, and once more through c. All of the outermost b is in a's call of it, but for the
   b inside c; with that one it is the total of a report. */
START_TEST(recursion)
{
    start("callgrind", NULL);
    struct call *a = enter(0, 0, NULL, 0), *b = enter(0, 1, a, 10), *inner = enter(0, 1, b, 20);
    leave(enter(0, 1, inner, 30), 40);
    leave(inner, 60);
    struct call *c = enter(0, 2, b, 70);
    leave(enter(0, 1, c, 75), 80);
    leave(c, 85);
    leave(b, 100);
    /* Of a b that does not return, the b inside counts. */
    b = enter(0, 1, a, 110);
    leave(enter(0, 1, b, 120), 127);
    unwind(b, 130);
    leave(a, 200);
    expect("# callgrind format\nversion: 1\ncreator: ptrace_tracer 1.0\ncmd: trace \"1\"\n"
           "positions: line\nevent: Wall : ns as recorded\nevents: Wall\n"
           "\nob=(0) ???\nfl=(0) ???\nfn=(0) (none)\n0 0\n"
           "cob=(1) app\ncfi=(1) /src/a b.c\ncfn=(1) app:a\ncalls=1 12\n0 200\n"
           "\nob=(1)\nfl=(1)\nfn=(1)\n12 93\n"
           "cob=(2) app\ncfi=(2) ???\ncfn=(2) app:b\ncalls=2 0\n12 85\n"
           "\nob=(2)\nfl=(2)\nfn=(2)\n0 87\n"
           "cob=(3) app\ncfi=(3) ???\ncfn=(3) app:c\ncalls=1 0\n0 15\n"
           "cob=(2)\ncfi=(2)\ncfn=(2)\ncalls=3 0\n0 7\n"
           "\nob=(3)\nfl=(3)\nfn=(3)\n0 10\n"
           "cob=(2)\ncfi=(2)\ncfn=(2)\ncalls=1 0\n0 5\n"
           "\ntotals: 190\n");
}
END_TEST

/* Nothing is kept of calls that have ended. */
START_TEST(memory)
{
    const char *format = export_format_at((size_t)_i)->name;
    start(format, NULL);
    fclose(stream);
    stream = fopen("/dev/null", "w");
    ck_assert_ptr_nonnull(stream);
    export->stream = export->options.stream = stream;
    size_t before = 0;
    for (unsigned i = 0; i < 50000; i++) {
        if (i == 1000)
            before = mallinfo2().uordblks;
        struct call *a = enter(i % 3, 0, NULL, i * 100), *b = enter(i % 3, 1, a, i * 100 + 10);
        if (i % 2)
            leave(b, i * 100 + 15);
        leave(a, i * 100 + 20);
        if (i % 2 == 0) {
            b->parent = NULL;
            unwind(b, i * 100 + 30);
        }
    }
    size_t after = mallinfo2().uordblks;
    ck_assert_msg(after <= before + 20000, "%s: %zu bytes, then %zu", format, before, after);
    ck_assert_int_eq(export_end(export), 0);
}
END_TEST

/* A write that fails ends the reading. */
START_TEST(write_errors)
{
    FILE *full = fopen("/dev/full", "w");
    ck_assert_ptr_nonnull(full);
    setvbuf(full, NULL, _IONBF, 0);
    const struct export_options options = {.stream = full, .version = "1.0", .name = "trace"};
    export = export_new(export_format_of("json"), &options);
    made_setup(export_visitor(export));
    const struct made_values values = {1, "x"};
    const struct trace_event event = {
        .layout = &made_exit, .function = &made_functions[0], .time_ns = 5, .source = &values};
    ck_assert_int_eq(made_visitor.lone_exit(made_visitor.data, &made_threads[0], &event, 0, NULL),
                     -ENOSPC);
    fclose(full);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_add_test(tests, csv);
    tcase_add_test(tests, csv_names);
    tcase_add_test(tests, json);
    tcase_add_test(tests, net_rows);
    tcase_add_test(tests, chrome);
    tcase_add_test(tests, uncertain);
    tcase_add_test(tests, speedscope);
    tcase_add_test(tests, net_timeline);
    tcase_add_test(tests, folded);
    tcase_add_test(tests, callgrind);
    tcase_add_test(tests, recursion);
    tcase_add_loop_test(tests, memory, 0, 7);
    tcase_add_test(tests, write_errors);
}
CHECK_MAIN("export", 30, add_tests)
