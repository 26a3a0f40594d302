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
    uint64_t cpu;   /* how long that was on a CPU */
    unsigned n_calls;
    struct call_costs costs;
};

static uint64_t next_random(struct program *program, uint64_t below)
{
    program->seed = program->seed * 6364136223846793005u + 1442695040888963407u;
    return (program->seed >> 33) % below;
}

/* How long a call takes when it is not traced. */
struct truth {
    uint64_t ns, cpu_ns;
};

/* Works, and waits. */
static void work(struct program *program, struct truth *own)
{
    uint64_t ns = next_random(program, 5000), cpu_ns = next_random(program, ns + 1);
    own->ns += ns;
    own->cpu_ns += cpu_ns;
    program->clock += ns;
    program->cpu += cpu_ns;
}

static struct truth run_call(struct program *program, unsigned depth)
{
    struct call_time called;
    const struct call_costs *costs = &program->costs;
    struct truth own = {0}, inner = {0};
    uint32_t cpu_before = costs->stop_cpu / 3;
    program->n_calls++;
    program->clock += costs->entry_before;
    uint64_t cpu = program->cpu += cpu_before;
    call_times_enter(&times, &thread, &called, (uint32_t)next_random(program, FUNCTIONS),
                     program->clock, costs);
    program->clock += costs->entry_after;
    program->cpu += costs->stop_cpu - cpu_before;
    if (next_random(program, 3) == 0) { /* one more stop, which is measured */
        uint64_t ns = next_random(program, 9000);
        program->clock += ns;
        program->cpu += costs->stop_cpu;
        call_times_stopped(&thread, ns);
    }
    work(program, &own);
    for (uint64_t n = next_random(program, 4); n > 0 && depth < 6 && program->n_calls < CALLS_MAX;
         n--) {
        struct truth called_by_it = run_call(program, depth + 1);
        inner.ns += called_by_it.ns;
        inner.cpu_ns += called_by_it.cpu_ns;
        work(program, &own);
    }
    program->clock += costs->exit_before;
    program->cpu += cpu_before;
    called.cpu_ns = program->cpu - cpu;
    call_times_return(&times, &thread, &called, program->clock, costs, &duration);
    program->clock += costs->exit_after;
    program->cpu += costs->stop_cpu - cpu_before;
    inner.ns += own.ns;
    inner.cpu_ns += own.cpu_ns;
    ck_assert_int_eq(duration.net_ns, (int64_t)inner.ns);
    ck_assert_int_eq(duration.self_net_ns, (int64_t)own.ns);
    ck_assert(duration.has_cpu);
    ck_assert_uint_eq(duration.cpu.net_ns, inner.cpu_ns);
    ck_assert_uint_eq(duration.cpu.net_wait_ns, inner.ns - inner.cpu_ns);
    ck_assert_uint_eq(duration.cpu.raw_ns + duration.cpu.raw_wait_ns, duration.raw_ns);
    return inner;
}

START_TEST(net_times_are_those_of_the_untraced_program)
{
    struct program program = {.seed = (uint64_t)_i + 1, .clock = 1000000};
    program.costs = (struct call_costs){
        .entry_before = (uint32_t)next_random(&program, 9000),
        .entry_after = (uint32_t)next_random(&program, 9000),
        .exit_before = (uint32_t)next_random(&program, 9000),
        .exit_after = (uint32_t)next_random(&program, 9000),
        .stop_cpu = 3 + (uint32_t)next_random(&program, 9000),
    };
    run_call(&program, 0);
}
END_TEST

/* f calls g, which calls h and throws; f handles that. */
START_TEST(net_times_around_an_exception)
{
    static const struct call_costs costs = {1000, 2000, 3000, 4000, 600};
    struct call_time f, g, h;
    call_times_enter(&times, &thread, &f, 1, 1000, &costs);
    call_times_enter(&times, &thread, &g, 2, 1000 + 2000 + 10 + 1000, &costs);
    call_times_enter(&times, &thread, &h, 3, 4010 + 2000 + 20 + 1000, &costs);
    call_times_return(&times, &thread, &h, 7030 + 2000 + 30 + 3000, &costs, &duration);
    ck_assert_int_eq(duration.net_ns, 30);
    if (_i == 1)
        call_times_left(&times, &thread, &g);
    /* Its own two stops, of which a part is not in it, and three inside. */
    f.cpu_ns = 4 * 600 + 77;
    call_times_return(&times, &thread, &f, 12060 + 4000 + 40 + 3000, &costs, &duration);
    ck_assert_int_eq(duration.net_ns, 10 + 20 + 30 + 40);
    ck_assert_int_eq(duration.self_net_ns, 10 + 40); /* the last 40 ns may have been g's */
    ck_assert_int_eq(duration.self_raw_ns, 2000 + 10 + 1000 + 4000 + 40 + 3000);
    ck_assert_uint_eq(duration.cpu.net_ns, 77);
    ck_assert_uint_eq(duration.cpu.net_wait_ns, 23);
    ck_assert_uint_eq(duration.cpu.raw_ns, 4 * 600 + 77);
}
END_TEST

/* f calls g twice, whose own costs are estimated at 100 ns and are less: what is over was f's. */
START_TEST(costs_that_are_estimated_too_high)
{
    static const struct call_costs costs = {50, 50, 50, 50, 0};
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
    static const struct call_costs costs = {50, 50, 50, 50, 0};
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

static void returns_with_cpu(struct call_time *call, uint64_t now_ns, uint64_t cpu_ns,
                             const struct call_costs *costs)
{
    call->cpu_ns = cpu_ns;
    call_times_return(&times, &thread, call, now_ns, costs, &duration);
    ck_assert(duration.has_cpu == (cpu_ns > 0));
}

/* f calls g twice, which takes less than the 100 ns that a stop is estimated at, and waits; f has
   the rest of the cost, but no less than g. */
START_TEST(costs_of_a_cpu_that_are_estimated_too_high)
{
    static const struct call_costs costs = {.stop_cpu = 100};
    struct call_time e, f, g;
    enter(&e, 1, 0);
    enter(&f, 2, 0);
    enter(&g, 3, 100);
    returns_with_cpu(&g, 500, 60, &costs);
    ck_assert_uint_eq(duration.cpu.net_ns, 0);
    ck_assert_uint_eq(duration.cpu.net_wait_ns, 400);
    ck_assert_uint_eq(duration.cpu.raw_ns, 60);
    enter(&g, 3, 500);
    returns_with_cpu(&g, 900, 300, &costs);
    ck_assert_uint_eq(duration.cpu.net_ns, 200);
    returns_with_cpu(&f, 1000, 610, &costs); /* five stops, less its own of both */
    ck_assert_uint_eq(duration.cpu.net_ns, 200);
    ck_assert_uint_eq(duration.cpu.net_wait_ns, 800);
    returns_with_cpu(&e, 2000, 1900, &costs);
    ck_assert_uint_eq(duration.cpu.net_ns, 1900 - 7 * 100);
    ck_assert_uint_eq(duration.cpu.net_wait_ns, 800);
}
END_TEST

/* f calls itself, by g. What is nested is that of the innermost of which it is known, also if it is
   not known of those between or of the outermost; and of no call twice. */
START_TEST(times_on_a_cpu_of_recursion)
{
    struct call_time f[3], g;
    enter(&f[0], 1, 0);
    enter(&g, 2, 10);
    enter(&f[1], 1, 20);
    enter(&f[2], 1, 30);
    returns_with_cpu(&f[2], 40, 4, NULL);
    ck_assert_uint_eq(duration.nested_cpu.raw_ns, 0);
    returns_with_cpu(&f[1], 60, _i == 1 ? 0 : 9, NULL);
    ck_assert_uint_eq(duration.nested_cpu.net_ns, 4);
    ck_assert_uint_eq(duration.nested_cpu.net_wait_ns, 6);
    if (_i == 2)
        call_times_left(&times, &thread, &g);
    else
        returns_with_cpu(&g, 70, 20, NULL);
    returns_with_cpu(&f[0], 100, 50, NULL);
    ck_assert_uint_eq(duration.cpu.raw_ns, 50);
    ck_assert_uint_eq(duration.nested_cpu.raw_ns, _i == 1 ? 4 : 9);
    ck_assert_uint_eq(duration.nested_cpu.raw_wait_ns, _i == 1 ? 6 : 31);
    enter(&f[0], 1, 100);
    enter(&f[1], 1, 110);
    returns_with_cpu(&f[0], 120, 15, NULL);
    returns_with_cpu(&f[1], 140, 12,
                     NULL); /* all of it was in the other, as it was entered there */
    ck_assert_uint_eq(duration.nested_cpu.raw_ns, 12);
    ck_assert_uint_eq(duration.nested_cpu.raw_wait_ns, 18);
}
END_TEST

/* As a trace may claim. And a call inside that has waited has done so in its caller, too. */
START_TEST(a_cpu_for_longer_than_there_was_time)
{
    struct call_time f, g;
    enter(&f, 1, 0);
    enter(&g, 2, 10);
    returns_with_cpu(&g, 60, 20, NULL);
    returns_with_cpu(&f, 100, UINT64_MAX, NULL);
    ck_assert_uint_eq(duration.cpu.raw_ns, 70);
    ck_assert_uint_eq(duration.cpu.raw_wait_ns, 30);
    ck_assert_uint_eq(duration.cpu.net_ns, 70);
    ck_assert_uint_eq(duration.cpu.net_wait_ns, 30);
    enter(&f, 1, 200);
    f.is_unknown = true;
    f.cpu_ns = 7;
    call_times_return(&times, &thread, &f, 210, NULL, &duration);
    ck_assert(!duration.has_cpu);
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
    tcase_add_test(tests, costs_of_a_cpu_that_are_estimated_too_high);
    tcase_add_loop_test(tests, times_on_a_cpu_of_recursion, 0, 3);
    tcase_add_test(tests, a_cpu_for_longer_than_there_was_time);
}
CHECK_MAIN("call_times", 30, add_tests)
