/* SPDX-License-Identifier: MIT */
/* Call graphs of calls that a reader announces. */
#include "analysis/call_graph.h"

#include <stdio.h>

#include "analysis/call_graph_text.h"
#include "unit/analysis_calls.h"

enum { DEEP = 100000 };

static struct call_graph *graph;
static char *text;
static size_t text_size;

static void start(struct call_graph_options options)
{
    graph = call_graph_new(&options);
    ck_assert_ptr_nonnull(graph);
    made_setup(call_graph_visitor(graph));
}

static void teardown(void)
{
    call_graph_free(graph);
    free(text);
    text = NULL;
}

static bool is_b(void *data, const struct traced_function *function)
{
    (void)data;
    return strcmp(function->name, "b") == 0;
}

static void expect_styled(const struct call_graph_style *style, const char *wanted)
{
    ck_assert_int_eq(call_graph_finish(graph), 0);
    FILE *stream = open_memstream(&text, &text_size);
    ck_assert_ptr_nonnull(stream);
    call_graph_write(graph, stream, style);
    ck_assert_int_eq(fclose(stream), 0);
    const char *head = call_graph_has_cpu(graph) ? "  CALLS  TOTAL   SELF    CPU   WAIT  FUNCTION\n"
                                                 : "  CALLS  TOTAL   SELF  FUNCTION\n";
    ck_assert_int_eq(strncmp(text, head, strlen(head)), 0);
    ck_assert_str_eq(text + strlen(head), wanted);
}

static void expect(const char *wanted)
{
    static const struct call_graph_style plain = {0};
    expect_styled(&plain, wanted);
}

/* a calls c, and twice b, which calls c, the second time a b inside b. */
static void some_calls(int thread)
{
    struct call *a = enter(thread, 0, NULL, 0);
    leave(enter(thread, 2, a, 10), 20);
    struct call *b = enter(thread, 1, a, 30);
    leave(enter(thread, 2, b, 40), 45);
    leave(b, 60);
    b = enter(thread, 1, a, 100);
    struct call *inner = enter(thread, 1, b, 110);
    leave(enter(thread, 2, inner, 120), 123);
    leave(inner, 150);
    leave(b, 200);
    leave(a, 400);
}

START_TEST(merges_calls_of_one_path)
{
    start((struct call_graph_options){0});
    some_calls(0);
    some_calls(1);
    expect("      2  800ns  520ns  app:a\n"
           "      4  260ns  170ns    app:b\n"
           "      2   80ns   74ns      app:b\n"
           "      2    6ns    6ns        app:c\n"
           "      2   10ns   10ns      app:c\n"
           "      2   20ns   20ns    app:c\n");
}
END_TEST

START_TEST(roots)
{
    start((struct call_graph_options){.is_root = is_b});
    some_calls(0);
    expect("      2  130ns   85ns  app:b\n"
           "      1   40ns   37ns    app:b\n"
           "      1    3ns    3ns      app:c\n"
           "      1    5ns    5ns    app:c\n");
}
END_TEST

/* A call of b inside another adds no time to the total. */
START_TEST(callers)
{
    start((struct call_graph_options){.is_root = is_b, .callers = true});
    some_calls(0);
    expect("      3  130ns  122ns  app:b\n"
           "      2  130ns   85ns    app:a\n"
           "      1    0ns   37ns    app:b\n"
           "      1    0ns   37ns      app:a\n");
}
END_TEST

/* What calls itself, and does not return in the end: what has returned counts, once. With recorded
   durations, these. */
START_TEST(folded_calls_that_do_not_return)
{
    start((struct call_graph_options){.fold = true, .callers = _i, .is_root = _i ? is_b : NULL});
    struct call *a = enter(0, 0, NULL, 0), *b = enter(0, 1, a, 10), *inner = enter(0, 1, b, 20);
    leave(enter(0, 1, inner, 30), 40);
    leave(inner, 60);
    inner = enter(0, 1, b, 70);
    leave_recorded(inner, 90, 15);
    unwind(b, 95);
    leave(a, 100);
    expect(_i ? "      4   55ns   55ns  app:b\n"
                "      4    0ns   55ns    app:a\n"
              : "      1  100ns   20ns  app:a\n"
                "      4   55ns   55ns    app:b\n");
}
END_TEST

START_TEST(depth_and_folding)
{
    start((struct call_graph_options){.depth = _i ? 0 : 2, .fold = _i});
    some_calls(0);
    expect(_i ? "      1  400ns  260ns  app:a\n"
                "      3  130ns  122ns    app:b\n"
                "      2    8ns    8ns      app:c\n"
                "      1   10ns   10ns    app:c\n"
              : "      1  400ns  260ns  app:a\n"
                "      2  130ns   85ns    app:b\n"
                "      1   10ns   10ns    app:c\n");
}
END_TEST

START_TEST(folded_names)
{
    static const struct {
        const char *name;
        const char *another;
        const char *folded;
    } names[] = {
        {"f_12", "f_7", "f_N"},
        {"std::vector<std::pair<int, A>>::push_back", "std::vector<int>::push_back",
         "std::vector<...>::push_back"},
        {"a::operator<1", "a::operator<2", "a::operator<N"},
        {"operator<<1", "operator<<2", "operator<<N"},
        {"b::operator->1", "b::operator->2", "b::operator->N"},
        {"half<open1", "half<open2", "half<openN"},
        {"<<>>>", "<a>>", "<...>>"},
    };
    start((struct call_graph_options){.fold = true});
    made_functions[0].name = names[_i].name;
    leave(enter(0, 0, NULL, 0), 5);
    /* Of one function it is the name itself. */
    ck_assert_str_eq(strchr(call_graph_name(graph, call_graph_node(graph, 1)), ':') + 1,
                     names[_i].name);
    made_functions[1].name = names[_i].another;
    leave(enter(0, 1, NULL, 10), 15);
    ck_assert_uint_eq(call_graph_node(graph, 1)->calls, 2);
    ck_assert_str_eq(strchr(call_graph_name(graph, call_graph_node(graph, 1)), ':') + 1,
                     names[_i].folded);
}
END_TEST

START_TEST(little_time_and_narrow_terminals)
{
    static const struct call_graph_style style = {.min_ns = 10, .width = 60};
    start((struct call_graph_options){0});
    made_functions[1].name =
        "a_very_long_name_of_a_function_that_does_not_fit_\033[2J_into_sixty_columns";
    some_calls(0);
    expect_styled(&style, "      1  400ns  260ns  app:a\n"
                          "      2  130ns   85ns    app:a_very_long_...to_sixty_columns\n"
                          "      1   40ns   37ns      app:a_very_long...o_sixty_columns\n"
                          "      1   10ns   10ns    app:c\n");
}
END_TEST

/* Main has not returned: its weight is that of what it has called. */
START_TEST(calls_without_a_return)
{
    static const struct call_graph_style style = {.min_ns = 50};
    start((struct call_graph_options){0});
    struct call *a = enter(0, 0, NULL, 0), *b = enter(0, 1, a, 10);
    leave(b, 100);
    unwind(a, 200);
    leave(enter(0, 2, NULL, 300), 320);
    expect_styled(&style, "      1      -      -  app:a\n"
                          "      1   90ns   90ns    app:b\n");
}
END_TEST

START_TEST(what_is_not_selected)
{
    start((struct call_graph_options){0});
    made_functions[1].selected = false;
    some_calls(0);
    expect("      1  400ns  260ns  app:a\n"
           "      3   18ns   18ns    app:c\n");
}
END_TEST

/* A path of any length; deep levels are indented no further. */
START_TEST(very_deep)
{
    static struct call *calls[DEEP];
    start((struct call_graph_options){0});
    for (size_t i = 0; i < DEEP; i++)
        calls[i] = enter(0, i % 3, i ? calls[i - 1] : NULL, i);
    for (size_t i = DEEP; i-- > 0;)
        leave(calls[i], 2 * DEEP - i);
    ck_assert_int_eq(call_graph_finish(graph), 0);
    FILE *stream = open_memstream(&text, &text_size);
    static const struct call_graph_style style = {.width = 80};
    ck_assert_uint_eq(call_graph_write(graph, stream, &style), DEEP);
    ck_assert_int_eq(fclose(stream), 0);
    ck_assert_uint_lt(text_size, DEEP * 235ul);
}
END_TEST

START_TEST(net_times)
{
    static const struct call_costs costs = {4000, 3000, 2000, 1000, 0};
    start((struct call_graph_options){.costs = &costs});
    struct call *a = enter(0, 0, NULL, 0), *b = enter(0, 1, a, 3000 + 100 + 4000);
    leave(b, 7100 + 3000 + 10 + 2000);
    leave(a, 12110 + 1000 + 50 + 2000);
    expect("      1  160ns  150ns  app:a\n"
           "      1   10ns   10ns    app:b\n");
}
END_TEST

/* Two more columns; a call of which it is not known has no times in them. */
START_TEST(times_on_a_cpu)
{
    static const struct call_graph_style style = {.width = 60};
    static const struct call_costs costs = {.stop_cpu = 10};
    start((struct call_graph_options){.costs = &costs});
    made_functions[2].name = "a_long_name_that_needs_more_than_sixty_columns";
    struct call *a = enter(0, 0, NULL, 0);
    leave_with_cpu(enter(0, 1, a, 100), 200, 20);
    leave_with_cpu(enter(0, 1, a, 200), 300, 80);
    leave_with_cpu(enter(0, 2, a, 300), 400, 0);
    leave_with_cpu(a, 1000, 370);
    expect_styled(&style, "      1 1.00us  700ns  300ns  700ns  app:a\n"
                          "      2  200ns  200ns   80ns  120ns    app:b\n"
                          "      1  100ns  100ns      -      -    app:a_lon...y_columns\n");
}
END_TEST

/* Each moment counts once, of a function and of each caller. */
START_TEST(times_on_a_cpu_of_recursion)
{
    start((struct call_graph_options){.is_root = is_b, .callers = true});
    struct call *a = enter(0, 0, NULL, 0), *b = enter(0, 1, a, 100);
    struct call *c = enter(0, 2, b, 200), *inner = enter(0, 1, c, 300);
    leave_with_cpu(inner, 400, 60);
    leave_with_cpu(c, 500, 70);
    leave_with_cpu(b, 600, 200);
    leave_with_cpu(a, 700, 250);
    expect("      2  500ns  300ns  200ns  300ns  app:b\n"
           "      1  500ns  200ns  200ns  300ns    app:a\n"
           "      1    0ns  100ns    0ns    0ns    app:c\n"
           "      1    0ns  100ns    0ns    0ns      app:b\n"
           "      1    0ns  100ns    0ns    0ns        app:a\n");
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_add_test(tests, merges_calls_of_one_path);
    tcase_add_test(tests, roots);
    tcase_add_test(tests, callers);
    tcase_add_loop_test(tests, folded_calls_that_do_not_return, 0, 2);
    tcase_add_loop_test(tests, depth_and_folding, 0, 2);
    tcase_add_loop_test(tests, folded_names, 0, 7);
    tcase_add_test(tests, little_time_and_narrow_terminals);
    tcase_add_test(tests, calls_without_a_return);
    tcase_add_test(tests, what_is_not_selected);
    tcase_add_test(tests, very_deep);
    tcase_add_test(tests, net_times);
    tcase_add_test(tests, times_on_a_cpu);
    tcase_add_test(tests, times_on_a_cpu_of_recursion);
}
CHECK_MAIN("call_graph", 30, add_tests)
