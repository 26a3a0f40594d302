/* SPDX-License-Identifier: MIT */
/* Profiles of calls that a reader announces: rows, own times, failures, costs. */
#include "analysis/trace_profile.h"

#include <stdio.h>

#include "unit/analysis_calls.h"

static struct trace_profile *profile;
static struct condition *fail;

static void start(enum profile_by by, const char *field, const char *condition,
                  const struct call_costs *costs)
{
    struct error err;
    if (condition)
        ck_assert_int_eq(condition_parse(condition, &fail, &err), 0);
    struct trace_profile_options options = {.by = by, .field = field, .fail = fail, .costs = costs};
    profile = trace_profile_new(&options);
    ck_assert_ptr_nonnull(profile);
    made_setup(trace_profile_visitor(profile));
}

static void teardown(void)
{
    trace_profile_free(profile);
    condition_free(fail);
    profile = NULL;
    fail = NULL;
}

/* The lines: name, calls, total, self, failed. */
static void expect(const char *text)
{
    char shown[4096] = "";
    size_t n, length = 0;
    struct profile_line *lines = trace_profile_lines(profile, &n);
    ck_assert_ptr_nonnull(lines);
    profile_lines_sort(lines, n, PROFILE_TOTAL);
    for (size_t i = 0; i < n; i++)
        length += (size_t)snprintf(shown + length, sizeof(shown) - length, "%s %lu %lu %lu %lu\n",
                                   lines[i].name, (unsigned long)lines[i].values[PROFILE_CALLS],
                                   (unsigned long)lines[i].values[PROFILE_TOTAL],
                                   (unsigned long)lines[i].values[PROFILE_SELF],
                                   (unsigned long)lines[i].failed);
    ck_assert_str_eq(shown, text);
    free(lines);
}

/* a calls b twice, the second of which calls a again; e is another module's. */
static void some_calls(void)
{
    struct call *a = enter(0, 0, NULL, 1000);
    leave(enter(0, 1, a, 1010), 1030);
    struct call *b = enter(0, 1, a, 1050);
    struct call *again = enter(0, 0, b, 1060);
    leave(enter(0, 4, again, 1065), 1070);
    leave(again, 1080);
    leave(b, 1090);
    leave(enter(1, 1, NULL, 1000), 1400);
    leave(a, 1100);
}

START_TEST(by_function)
{
    start(BY_FUNCTION, NULL, NULL, NULL);
    some_calls();
    expect("app:b 3 460 440 0\napp:a 2 100 55 0\nlib:e 1 5 5 0\n");
}
END_TEST

START_TEST(by_module)
{
    start(BY_MODULE, NULL, NULL, NULL);
    some_calls();
    expect("app 5 500 495 0\nlib 1 5 5 0\n");
}
END_TEST

START_TEST(by_caller)
{
    start(BY_CALLER, NULL, NULL, NULL);
    some_calls();
    expect("(none) 2 500 440 0\napp:a 3 60 45 0\napp:b 1 20 15 0\n");
}
END_TEST

START_TEST(by_thread)
{
    start(BY_THREAD, NULL, NULL, NULL);
    some_calls();
    expect("100/101 worker 1 400 400 0\n100/100 5 100 100 0\n");
}
END_TEST

START_TEST(by_a_field_of_entries)
{
    static const struct made_values small = {16, "\033[2J"}, large = {4096, "\033[2J"};
    start(BY_FIELD, _i ? "name" : "size", NULL, NULL);
    leave(enter_with(0, 0, NULL, 0, &small), 10);
    leave(enter_with(0, 0, NULL, 20, &large), 50);
    leave(enter_with(0, 0, NULL, 60, &small), 65);
    unwind(enter_with(0, 0, NULL, 70, &large), 80);
    expect(_i ? "\033[2J 4 45 45 0\n" : "4096 2 30 30 0\n16 2 15 15 0\n");
    ck_assert(trace_profile_has_field(profile));
}
END_TEST

START_TEST(by_the_result)
{
    start(BY_FIELD, "retval", NULL, NULL);
    for (int i = 0; i < 3; i++)
        leave_with(enter(0, 0, NULL, 100 * (uint64_t)i), 100 * (uint64_t)i + 10, -1);
    leave_with(enter(0, 0, NULL, 1000), 1007, 5);
    unwind(enter(0, 0, NULL, 2000), 2100);
    expect("-1 3 30 30 0\n5 1 7 7 0\n(none) 1 0 0 0\n");
}
END_TEST

/* Of very many values the last ones share a row, which is the last. */
START_TEST(many_values)
{
    size_t n;
    start(BY_FIELD, "size", NULL, NULL);
    for (uint64_t i = 0; i < PROFILE_VALUES_MAX + 500; i++)
        for (int k = 0; k < 2; k++) {
            struct made_values values = {i, ""};
            leave(enter_with(0, 0, NULL, i * 100, &values), i * 100 + 1);
        }
    struct profile_line *lines = trace_profile_lines(profile, &n);
    ck_assert_uint_eq(n, PROFILE_VALUES_MAX + 1);
    profile_lines_sort(lines, n, PROFILE_CALLS);
    ck_assert_str_eq(lines[n - 1].name, "(other)");
    ck_assert_uint_eq(lines[n - 1].values[PROFILE_CALLS], 1000);
    ck_assert_uint_eq(lines[0].values[PROFILE_CALLS], 2);
    free(lines);
}
END_TEST

START_TEST(a_field_that_nobody_has)
{
    start(BY_FIELD, "colour", "shape == 1 && retval < 0", NULL);
    leave_with(enter(0, 0, NULL, 0), 10, -1);
    ck_assert(!trace_profile_has_field(profile));
    ck_assert_str_eq(trace_profile_unknown_name(profile), "shape");
    expect("(none) 1 10 10 0\n");
}
END_TEST

/* Values of the entry and of the exit; a text of the entry is gone when the exit comes. */
START_TEST(failures)
{
    start(BY_FUNCTION, NULL, "retval < 0 && size > 10 && name == 'x'", NULL);
    char text[] = "x";
    static const struct made_values small = {10, "x"};
    struct made_values values = {11, text};
    struct call *call = enter_with(0, 0, NULL, 0, &values);
    text[0] = 'y';
    leave_with(call, 10, -1);
    leave_with(enter_with(0, 0, NULL, 20, &values), 30, -1);
    leave_with(enter_with(0, 0, NULL, 40, &small), 50, -1);
    leave_with(enter(0, 0, NULL, 60), 70, 0);
    leave_with(enter(0, 1, NULL, 80), 90, -5);
    unwind(enter(0, 1, NULL, 100), 110);
    expect("app:a 4 40 40 1\napp:b 2 10 10 1\n");
    ck_assert_ptr_null(trace_profile_unknown_name(profile));
}
END_TEST

/* Calls of functions that are not selected take their time from their callers, and have no row; so
   have calls that began before the range. */
START_TEST(what_is_not_counted)
{
    start(BY_FUNCTION, NULL, NULL, NULL);
    made_functions[1].selected = false;
    struct call *a = enter(0, 0, NULL, 0), *b = enter(0, 1, a, 10), *c = enter(0, 2, b, 20);
    leave(c, 30);
    leave(b, 40);
    struct call *before = enter(0, 3, a, 50);
    before->before_range = true;
    leave(before, 60);
    leave(a, 100);
    expect("app:a 1 100 60 0\napp:c 1 10 10 0\n");
}
END_TEST

START_TEST(calls_without_a_duration)
{
    start(BY_FUNCTION, NULL, NULL, NULL);
    struct call *a = enter(0, 0, NULL, 0), *b = enter(0, 1, a, 10);
    leave(enter(0, 2, b, 20), 50);
    if (_i) /* known before its caller returns, or after */
        unwind(b, 60);
    leave(a, 100);
    if (!_i) {
        b->parent = NULL;
        unwind(b, 200);
    }
    leave(enter(0, 1, NULL, 300), 301);
    expect("app:a 1 100 60 0\napp:c 1 30 30 0\napp:b 2 1 1 0\n");
}
END_TEST

/* The main loop does not return: what it has called of its own function counts, once. */
START_TEST(recursion_in_a_call_that_does_not_return)
{
    start(BY_FUNCTION, NULL, NULL, NULL);
    struct call *loop = enter(0, 0, NULL, 0);
    for (uint64_t at = 100; at < 400; at += 100) {
        struct call *again = enter(0, 0, loop, at), *b = enter(0, 1, again, at + 10);
        leave(enter(0, 0, b, at + 20), at + 25);
        if (at == 200)
            unwind(b, at + 30);
        else
            leave(b, at + 30);
        if (at == 300)
            unwind(again, at + 50);
        else
            leave(again, at + 50);
    }
    unwind(loop, 400);
    expect("app:a 7 105 80 0\napp:b 3 40 30 0\n");
}
END_TEST

/* A line's calls count once inside each other, also where the lines are not those of functions. */
START_TEST(recursion_with_other_values)
{
    static const struct made_values values[] = {{3, "x"}, {2, "x"}, {1, "x"}};
    struct call *calls[3], *outer = NULL;
    start(BY_FIELD, _i == 0 ? "size" : _i == 1 ? "name" : "retval", NULL, NULL);
    for (uint64_t i = 0; i < 3; i++)
        outer = calls[i] = enter_with(0, 0, outer, 10 * i, &values[i]);
    for (uint64_t i = 3; i-- > 0;)
        leave_with(calls[i], 100 - 10 * i, (int)i % 2);
    expect(_i == 0   ? "3 1 100 20 0\n2 1 80 20 0\n1 1 60 60 0\n"
           : _i == 1 ? "x 3 100 100 0\n"
                     : "0 2 160 80 0\n1 1 80 20 0\n");
}
END_TEST

START_TEST(exits_without_an_entry)
{
    static const struct made_values values = {7, NULL};
    uint64_t duration = 25;
    start(BY_FUNCTION, NULL, "retval == 7", NULL);
    struct trace_event event = {
        .layout = &made_exit, .function = &made_functions[0], .time_ns = 5, .source = &values};
    ck_assert_int_eq(made_visitor.lone_exit(profile, &made_threads[0], &event, 0, NULL), 0);
    ck_assert_int_eq(made_visitor.lone_exit(profile, &made_threads[0], &event, 0, &duration), 0);
    /* Of a call that was counted when it was given up. */
    made_threads[0].is_late_exit = true;
    ck_assert_int_eq(made_visitor.lone_exit(profile, &made_threads[0], &event, 0, &duration), 0);
    made_threads[0].is_late_exit = false;
    expect("app:a 2 50 0 3\n");
}
END_TEST

/* Where threads are not known, an entry and an exit are one call, which either of them counts. */
static void call_of_no_thread(void)
{
    static const struct made_values values = {7, NULL};
    struct traced_thread *unknown = &made_threads[2];
    unknown->tid = 0;
    struct call *call = enter(2, 0, NULL, 5);
    struct trace_event event = {
        .layout = &made_exit, .function = call->function, .time_ns = 6, .source = &values};
    call->end = CALL_NO_THREAD;
    ck_assert_int_eq(made_visitor.left(profile, call, NULL), 0);
    made_functions[0].has_entries = true;
    ck_assert_int_eq(made_visitor.lone_exit(profile, unknown, &event, 0, NULL), 0);
    made_functions[1].has_entries = false;
    event.function = &made_functions[1];
    ck_assert_int_eq(made_visitor.lone_exit(profile, unknown, &event, 0, NULL), 0);
    free(call->data);
    free(call);
}

START_TEST(threads_not_known)
{
    static const struct {
        enum profile_by by;
        const char *field, *lines;
    } cases[] = {
        {BY_FUNCTION, NULL, "app:a 1 0 0 1\napp:b 1 0 0 1\n"},
        {BY_MODULE, NULL, "app 2 0 0 2\n"},
        {BY_FIELD, "size", "(none) 1 0 0 2\n64 1 0 0 0\n"},
        {BY_FIELD, "retval", "7 2 0 0 2\n"},
    };
    start(cases[_i].by, cases[_i].field, "retval == 7", NULL);
    call_of_no_thread();
    expect(cases[_i].lines);
}
END_TEST

/* a does 100 ns, twice b of 10 ns, and 50 ns; each entry and exit costs thousands. */
START_TEST(net_times)
{
    static const struct call_costs costs = {4000, 3000, 2000, 1000, 0};
    start(BY_FUNCTION, NULL, NULL, _i ? &costs : NULL);
    struct call *a = enter(0, 0, NULL, 10000);
    uint64_t now = 10000 + 3000 + 100;
    for (int i = 0; i < 2; i++) {
        struct call *b = enter(0, 1, a, now += 4000);
        leave(b, now += 3000 + 10 + 2000);
        now += 1000;
    }
    leave(a, now + 50 + 2000);
    expect(_i ? "app:a 1 170 150 0\napp:b 2 20 20 0\n"
              : "app:a 1 25170 15150 0\napp:b 2 10020 10020 0\n");
}
END_TEST

/* An entry that a jump has served, and an exit that a stop has. */
START_TEST(net_times_of_both_ways)
{
    static const struct call_costs costs[COSTS_WAYS] = {{4000, 3000, 2000, 1000, 0},
                                                        {4, 3, 2, 1, 0}};
    struct event_layout layout = made_exit;
    layout.by_jump = _i;
    start(BY_FUNCTION, NULL, NULL, costs);
    struct call *a = enter(0, 0, NULL, 10000);
    struct call *b = enter(0, 1, a, 10000 + 3000 + 100 + 4000);
    leave_by(b, 17100 + 3000 + 10 + (_i ? 2 : 2000), &layout, 0, 3010 + (_i ? 2 : 2000));
    leave(a, 20110 + (_i ? 2 + 1 : 2000 + 1000) + 50 + 2000);
    expect("app:a 1 160 150 0\napp:b 1 10 10 0\n");
}
END_TEST

/* The duration that was recorded counts, not the distance of two records. It is that of the hits:
   to handle the entry took 3000 ns and is in it, and to handle the exit took 500 ns and is not. */
START_TEST(a_recorded_duration)
{
    static const struct call_costs costs = {4000, 3000, 3500, 1000, 0};
    struct event_layout layout = made_exit;
    layout.extras[EXTRA_DURATION] = 0;
    static const uint64_t records_ns[] = {6800, 6300}, durations_ns[] = {9300, 8700};
    start(BY_FUNCTION, NULL, NULL, _i ? &costs : NULL);
    /* One with 300 ns of its own between the costs, and one with less than nothing. */
    for (size_t i = 0; i < 2; i++) {
        struct call *call = enter(0, 0, NULL, 10000 * i);
        const struct made_values values = {0, NULL};
        struct trace_event event = {.layout = &layout,
                                    .function = call->function,
                                    .time_ns = 10000 * i + records_ns[i],
                                    .source = &values};
        call->end = CALL_RETURNED;
        call->end_ns = event.time_ns;
        call->has_duration = true;
        call->duration_ns = durations_ns[i];
        ck_assert_int_eq(made_visitor.left(profile, call, &event), 0);
        free(call->data);
        free(call);
    }
    expect(_i ? "app:a 2 300 300 0\n" : "app:a 2 18000 18000 0\n");
}
END_TEST

/* The lines: name, total, CPU and wait. */
static void expect_cpu(const char *text)
{
    char shown[4096] = "";
    size_t n, length = 0;
    struct profile_line *lines = trace_profile_lines(profile, &n);
    ck_assert_ptr_nonnull(lines);
    profile_lines_sort(lines, n, PROFILE_CPU);
    for (size_t i = 0; i < n; i++)
        length += (size_t)snprintf(shown + length, sizeof(shown) - length, "%s %lu %lu %lu %d\n",
                                   lines[i].name, (unsigned long)lines[i].values[PROFILE_TOTAL],
                                   (unsigned long)lines[i].values[PROFILE_CPU],
                                   (unsigned long)lines[i].values[PROFILE_WAIT], lines[i].has_cpu);
    ck_assert_str_eq(shown, text);
    free(lines);
}

/* a works 100 ns, calls b, which waits, calls itself and works, and calls c, of which it is not
   known. An exit without an entry has a time, too. */
START_TEST(times_on_a_cpu)
{
    static const struct call_costs costs = {.stop_cpu = 1000};
    static const struct made_values values = {300, NULL};
    uint64_t duration = 400;
    start(BY_FUNCTION, NULL, NULL, _i ? &costs : NULL);
    ck_assert(!trace_profile_has_cpu(profile));
    struct call *a = enter(0, 0, NULL, 0);
    struct call *b = enter(0, 1, a, 5000);
    leave_with_cpu(enter(0, 1, b, 10000), 20000, 1500);
    leave_with_cpu(b, 40000, 3600);
    leave_with_cpu(enter(0, 2, a, 50000), 60000, 0);
    leave(enter(0, 3, a, 60000), 70000);
    leave_with_cpu(a, 100000, 9700);
    struct trace_event event = {
        .layout = &made_cpu_exit, .function = &made_functions[4], .time_ns = 5, .source = &values};
    ck_assert_int_eq(made_visitor.lone_exit(profile, &made_threads[0], &event, 0, &duration), 0);
    ck_assert(trace_profile_has_cpu(profile));
    /* Four calls in a: nine stops, counting its own as one. */
    expect_cpu(_i ? "app:a 100000 700 99300 1\napp:b 35000 600 34400 1\nlib:e 400 300 100 1\n"
                    "app:c 10000 0 0 0\napp:d 10000 0 0 0\n"
                  : "app:a 100000 9700 90300 1\napp:b 35000 3600 31400 1\nlib:e 400 300 100 1\n"
                    "app:c 10000 0 0 0\napp:d 10000 0 0 0\n");
}
END_TEST

/* Which calls inside are in the row was not known. */
START_TEST(times_on_a_cpu_by_a_result)
{
    start(BY_FIELD, "cpu", NULL, NULL);
    struct call *a = enter(0, 0, NULL, 0);
    leave_with_cpu(enter(0, 1, a, 10), 80, 60);
    leave_with_cpu(a, 100, 60);
    expect_cpu("60 170 120 50 1\n");
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_add_test(tests, by_function);
    tcase_add_loop_test(tests, times_on_a_cpu, 0, 2);
    tcase_add_test(tests, times_on_a_cpu_by_a_result);
    tcase_add_test(tests, by_module);
    tcase_add_test(tests, by_caller);
    tcase_add_test(tests, recursion_in_a_call_that_does_not_return);
    tcase_add_loop_test(tests, recursion_with_other_values, 0, 3);
    tcase_add_test(tests, by_thread);
    tcase_add_loop_test(tests, by_a_field_of_entries, 0, 2);
    tcase_add_test(tests, by_the_result);
    tcase_add_test(tests, many_values);
    tcase_add_test(tests, a_field_that_nobody_has);
    tcase_add_test(tests, failures);
    tcase_add_test(tests, what_is_not_counted);
    tcase_add_loop_test(tests, calls_without_a_duration, 0, 2);
    tcase_add_test(tests, exits_without_an_entry);
    tcase_add_loop_test(tests, threads_not_known, 0, 4);
    tcase_add_loop_test(tests, threads_not_known, 0, 4);
    tcase_add_loop_test(tests, net_times, 0, 2);
    tcase_add_loop_test(tests, net_times_of_both_ways, 0, 2);
    tcase_add_loop_test(tests, a_recorded_duration, 0, 2);
}
CHECK_MAIN("trace_profile", 30, add_tests)
