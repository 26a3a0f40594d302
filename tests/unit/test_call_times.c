/* SPDX-License-Identifier: MIT */
/* Own and net times of calls, on streams of calls whose costs are known. */
#include "model/call_times.h"

#include "unit/check_main.h"

enum { FUNCTIONS = 6, CALLS_MAX = 64, ROUNDS = 200 };

static struct call_times times;
static struct timed_thread thread;
static struct call_duration duration;

static void setup(void)
{
    times = (struct call_times){0};
    thread = (struct timed_thread){.number = 7};
    ck_assert_int_eq(call_times_reserve(&times, 1000), 0);
}

static void teardown(void)
{
    ck_assert_uint_eq(times.nesting.count, 0);
    call_times_free(&times);
}

static void enter(struct call_time *call, uint32_t key, uint64_t now_ns)
{
    call_times_enter(&times, &thread, call, key, now_ns, NULL);
}

static void returns(struct call_time *call, uint64_t now_ns)
{
    call_times_return(&times, &thread, call, now_ns, NULL, &duration);
    ck_assert_int_eq(duration.net_ns, (int64_t)duration.raw_ns);
    ck_assert_int_eq(duration.self_net_ns, (int64_t)duration.self_raw_ns);
}

static void expect(uint64_t raw_ns, uint64_t self_ns)
{
    ck_assert_uint_eq(duration.raw_ns, raw_ns);
    ck_assert_uint_eq(duration.self_raw_ns, self_ns);
}

START_TEST(calls_inside_calls)
{
    struct call_time f, g, h;
    enter(&f, 1, 100);
    enter(&g, 2, 110);
    enter(&h, 3, 115);
    returns(&h, 120);
    expect(5, 5);
    returns(&g, 130);
    expect(20, 15);
    enter(&g, 2, 150);
    returns(&g, 151);
    expect(1, 1);
    returns(&f, 200);
    expect(100, 79);
    ck_assert_ptr_null(thread.current);
}
END_TEST

START_TEST(recursion_is_nested)
{
    struct call_time outer, between, inner, later;
    enter(&outer, 1, 0);
    enter(&between, 2, 1);
    enter(&inner, 1, 2);
    ck_assert(!outer.is_nested && !between.is_nested && inner.is_nested);
    returns(&inner, 3);
    returns(&between, 4);
    returns(&outer, 5);
    enter(&later, 1, 6);
    ck_assert(!later.is_nested);
    returns(&later, 7);
}
END_TEST

START_TEST(threads_are_apart)
{
    struct timed_thread other = {.number = 8};
    struct call_time f, g;
    enter(&f, 1, 0);
    call_times_enter(&times, &other, &g, 1, 10, NULL);
    ck_assert(!g.is_nested);
    returns(&f, 20);
    expect(20, 20);
    call_times_return(&times, &other, &g, 50, NULL, &duration);
    expect(40, 40);
}
END_TEST

/* An exception: h and g are left without a return; f handles it. What g and h did by themselves
   before is not f's own. */
START_TEST(calls_that_are_left)
{
    struct call_time f, g, h, again;
    enter(&f, 1, 0);
    enter(&g, 2, 10);
    enter(&h, 3, 30);
    returns(&h, 70);
    enter(&h, 3, 71);
    if (_i == 1) { /* it is known before f returns, in either order */
        call_times_left(&times, &thread, &g);
        call_times_left(&times, &thread, &h);
    } else if (_i == 2) {
        call_times_left(&times, &thread, &h);
        call_times_left(&times, &thread, &g);
    }
    returns(&f, 100);
    expect(100, 10 + 29);
    ck_assert(!g.in_chain && !h.in_chain);
    call_times_left(&times, &thread, &g);
    call_times_left(&times, &thread, &h);
    enter(&again, 2, 200);
    ck_assert(!again.is_nested);
    returns(&again, 201);
}
END_TEST

/* A coroutine: resume() returns while g, which it led to, is open; g returns during another. */
START_TEST(calls_that_return_out_of_order)
{
    struct call_time resume, g, h;
    enter(&resume, 1, 0);
    enter(&g, 2, 10);
    returns(&resume, 30); /* g has switched back at some time */
    expect(30, 10 + 20);
    enter(&resume, 1, 100);
    enter(&h, 3, 110);
    returns(&h, 120);
    returns(&g, 150);
    expect(140, 30);
    returns(&resume, 160);
    expect(60, 10 + 10);
}
END_TEST

START_TEST(time_that_goes_back)
{
    struct call_time f, g;
    enter(&f, 1, 100);
    enter(&g, 2, 90);
    returns(&g, 80);
    expect(0, 0);
    returns(&f, 130);
    expect(30, 50);
}
END_TEST

START_TEST(no_room_in_the_table)
{
    struct call_times none = {0};
    struct call_time f, g;
    call_times_enter(&none, &thread, &f, 1, 0, NULL);
    call_times_enter(&none, &thread, &g, 1, 5, NULL);
    ck_assert_ptr_null(none.nesting.entries);
    call_times_return(&none, &thread, &g, 7, NULL, &duration);
    expect(2, 2);
    call_times_return(&none, &thread, &f, 10, NULL, &duration);
    expect(10, 8);
}
END_TEST

/* ---- A program whose own times are known, traced at known costs. */

struct program {
    uint64_t seed;
    uint64_t clock; /* of the traced run */
    unsigned n_calls;
    struct call_costs costs;
};

static uint64_t next_random(struct program *program, uint64_t below)
{
    program->seed = program->seed * 6364136223846793005u + 1442695040888963407u;
    return (program->seed >> 33) % below;
}

static void work(struct program *program, uint64_t *own_ns)
{
    uint64_t ns = next_random(program, 5000);
    *own_ns += ns;
    program->clock += ns;
}

/* Returns how long the call takes when it is not traced. */
static uint64_t run_call(struct program *program, unsigned depth)
{
    struct call_time called;
    const struct call_costs *costs = &program->costs;
    uint64_t own_ns = 0, inner_ns = 0;
    program->n_calls++;
    program->clock += costs->entry_before;
    call_times_enter(&times, &thread, &called, (uint32_t)next_random(program, FUNCTIONS),
                     program->clock, costs);
    program->clock += costs->entry_after;
    work(program, &own_ns);
    for (uint64_t n = next_random(program, 4); n > 0 && depth < 6 && program->n_calls < CALLS_MAX;
         n--) {
        inner_ns += run_call(program, depth + 1);
        work(program, &own_ns);
    }
    program->clock += costs->exit_before;
    call_times_return(&times, &thread, &called, program->clock, costs, &duration);
    program->clock += costs->exit_after;
    ck_assert_int_eq(duration.net_ns, (int64_t)(own_ns + inner_ns));
    ck_assert_int_eq(duration.self_net_ns, (int64_t)own_ns);
    return own_ns + inner_ns;
}

START_TEST(net_times_are_those_of_the_untraced_program)
{
    struct program program = {.seed = (uint64_t)_i + 1, .clock = 1000000};
    program.costs = (struct call_costs){
        .entry_before = (uint32_t)next_random(&program, 9000),
        .entry_after = (uint32_t)next_random(&program, 9000),
        .exit_before = (uint32_t)next_random(&program, 9000),
        .exit_after = (uint32_t)next_random(&program, 9000),
    };
    run_call(&program, 0);
}
END_TEST

/* f calls g, which calls h and throws; f handles that. */
START_TEST(net_times_around_an_exception)
{
    static const struct call_costs costs = {1000, 2000, 3000, 4000};
    struct call_time f, g, h;
    call_times_enter(&times, &thread, &f, 1, 1000, &costs);
    call_times_enter(&times, &thread, &g, 2, 1000 + 2000 + 10 + 1000, &costs);
    call_times_enter(&times, &thread, &h, 3, 4010 + 2000 + 20 + 1000, &costs);
    call_times_return(&times, &thread, &h, 7030 + 2000 + 30 + 3000, &costs, &duration);
    ck_assert_int_eq(duration.net_ns, 30);
    if (_i == 1)
        call_times_left(&times, &thread, &g);
    call_times_return(&times, &thread, &f, 12060 + 4000 + 40 + 3000, &costs, &duration);
    ck_assert_int_eq(duration.net_ns, 10 + 20 + 30 + 40);
    ck_assert_int_eq(duration.self_net_ns, 10 + 40); /* the last 40 ns may have been g's */
    ck_assert_int_eq(duration.self_raw_ns, 2000 + 10 + 1000 + 4000 + 40 + 3000);
}
END_TEST

/* f calls g twice, whose own costs are estimated at 100 ns and are less: what is over was f's. */
START_TEST(costs_that_are_estimated_too_high)
{
    static const struct call_costs costs = {50, 50, 50, 50};
    struct call_time f, g;
    call_times_enter(&times, &thread, &f, 1, 1000, &costs);
    call_times_enter(&times, &thread, &g, 2, 1000 + 500, &costs);
    call_times_return(&times, &thread, &g, 1500 + 70, &costs, &duration); /* 30 over */
    ck_assert_int_eq(duration.net_ns, 0);
    ck_assert_int_eq(duration.self_net_ns, 0);
    call_times_enter(&times, &thread, &g, 2, 1570 + 400, &costs);
    call_times_return(&times, &thread, &g, 1970 + 110, &costs, &duration);
    ck_assert_int_eq(duration.net_ns, 10);
    call_times_return(&times, &thread, &f, 2080 + 300, &costs, &duration);
    ck_assert_int_eq(duration.self_net_ns, 400 + 300 + 200 - 30);
    ck_assert_int_eq(duration.net_ns, 400 + 300 + 200 - 30 + 10);
    ck_assert_int_eq(duration.raw_ns, 1380);
}
END_TEST

/* What is over is the caller's caller's where the caller has no time for it either. */
START_TEST(costs_that_are_over_in_the_caller_too)
{
    static const struct call_costs costs = {50, 50, 50, 50};
    struct call_time e, f, g;
    call_times_enter(&times, &thread, &e, 1, 1000, &costs);
    call_times_enter(&times, &thread, &f, 2, 2000, &costs);
    call_times_enter(&times, &thread, &g, 3, 2110, &costs);          /* 10 of f */
    call_times_return(&times, &thread, &g, 2150, &costs, &duration); /* 60 over */
    call_times_return(&times, &thread, &f, 2270, &costs, &duration); /* 20 of f */
    ck_assert_int_eq(duration.net_ns, 0);
    ck_assert_int_eq(duration.self_net_ns, 0);
    call_times_return(&times, &thread, &e, 3270, &costs, &duration);
    ck_assert_int_eq(duration.net_ns, 900 + 900 - (60 - 10 - 20));
    ck_assert_int_eq(duration.self_net_ns, duration.net_ns);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, calls_inside_calls);
    tcase_add_test(tests, recursion_is_nested);
    tcase_add_test(tests, threads_are_apart);
    tcase_add_loop_test(tests, calls_that_are_left, 0, 3);
    tcase_add_test(tests, calls_that_return_out_of_order);
    tcase_add_test(tests, time_that_goes_back);
    tcase_add_test(tests, no_room_in_the_table);
    tcase_add_loop_test(tests, net_times_are_those_of_the_untraced_program, 0, ROUNDS);
    tcase_add_loop_test(tests, net_times_around_an_exception, 0, 2);
    tcase_add_test(tests, costs_that_are_estimated_too_high);
    tcase_add_test(tests, costs_that_are_over_in_the_caller_too);
}
CHECK_MAIN("call_times", 30, add_tests)
