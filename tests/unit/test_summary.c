/* SPDX-License-Identifier: MIT */
/* --summary: hits in, a table out. */
#include "tp/summary.h"

#include <malloc.h>
#include <stdio.h>

#include "unit/check_main.h"

enum { PROBES = 4, DEEP = 20000, COROUTINES = 100, THREADS = 3000 };

static const struct probe probes[PROBES] = {
    {.provider = "app", .function = "f"},
    {.provider = "app", .function = "g"},
    {.provider = "app", .function = "h"},
    {.provider = "app", .function = "f"}, /* of another file */
};
enum { F, G, H, F_TOO };

static struct summary *summary;
static char *table;
static size_t table_size;
static struct summary_remarks remarks;

static void start(const struct call_costs *costs)
{
    summary = summary_new(costs);
    ck_assert_ptr_nonnull(summary);
    for (size_t i = 0; i < PROBES; i++)
        summary_add(summary, &probes[i]);
    ck_assert_int_eq(summary_start(summary), 0);
}

static void setup(void)
{
    start(NULL);
}

static void teardown(void)
{
    summary_free(summary);
    free(table);
}

static void enter(pid_t tid, unsigned probe, uint32_t depth, uint64_t now_ns)
{
    struct hit hit = {.probe = &probes[probe], .kind = HIT_ENTRY, .tid = tid, .depth = depth};
    hit.time_ns = now_ns;
    summary_hit(summary, &hit);
}

static void leave_with_cpu(pid_t tid, unsigned probe, uint32_t depth, uint64_t now_ns,
                           uint64_t duration_ns, uint64_t cpu_ns)
{
    struct hit hit = {.probe = &probes[probe], .kind = HIT_EXIT, .tid = tid, .depth = depth};
    hit.time_ns = now_ns;
    hit.duration_ns = duration_ns;
    hit.cpu_ns = cpu_ns;
    summary_hit(summary, &hit);
}

static void leave(pid_t tid, unsigned probe, uint32_t depth, uint64_t now_ns, uint64_t duration_ns)
{
    leave_with_cpu(tid, probe, depth, now_ns, duration_ns, 0);
}

/* Ends the trace. The table has the columns calls, total, self and the name. */
static const char *result(void)
{
    const struct profile_style style = {.format = PROFILE_CSV, .by = "function"};
    static char shown[4096];
    size_t n = 0;
    summary_stop(summary);
    FILE *stream = open_memstream(&table, &table_size);
    ck_assert_ptr_nonnull(stream);
    ck_assert_int_eq(summary_write(summary, stream, PROFILE_TOTAL, &style, &remarks), 0);
    ck_assert_int_eq(fclose(stream), 0);
    char *rest = table, *line;
    strsep(&rest, "\n");
    while ((line = strsep(&rest, "\n")) && *line) {
        const char *columns[8] = {0};
        for (size_t i = 0; i < 8; i++)
            columns[i] = strsep(&line, ",");
        n += (size_t)snprintf(shown + n, sizeof(shown) - n, "%s %s %s %s\n", columns[7], columns[0],
                              columns[1], columns[2]);
    }
    return n ? shown : "";
}

static void expect(const char *lines, uint64_t unreturned, uint64_t untimed)
{
    ck_assert_str_eq(result(), lines);
    ck_assert_uint_eq(remarks.unreturned, unreturned);
    ck_assert_uint_eq(remarks.untimed, untimed);
}

START_TEST(no_calls)
{
    expect("", 0, 0);
}
END_TEST

START_TEST(calls_inside_calls)
{
    enter(1, F, 0, 100);
    enter(1, G, 1, 110);
    enter(2, G, 0, 112);
    leave(1, G, 1, 130, 20);
    leave(2, G, 0, 212, 100);
    leave(1, F, 0, 200, 100);
    expect("app:g 2 120 120\napp:f 1 100 80\n", 0, 0);
}
END_TEST

START_TEST(recursion_and_a_namesake)
{
    enter(1, F, 0, 0);
    enter(1, F_TOO, 1, 10);
    enter(1, F, 2, 20);
    leave(1, F, 2, 30, 10);
    leave(1, F_TOO, 1, 40, 30);
    leave(1, F, 0, 100, 100);
    expect("app:f 3 100 100\n", 0, 0);
}
END_TEST

/* One more stop in g, which was measured, and one of a thread that is not known. */
START_TEST(a_measured_stop)
{
    static const struct call_costs costs = {0};
    summary_free(summary);
    start(&costs);
    summary_measured(summary, 1, 5);
    enter(1, F, 0, 1000);
    enter(1, G, 1, 2000);
    summary_measured(summary, 1, 70);
    summary_measured(summary, 2, 5);
    leave(1, G, 1, 3000, 1000);
    leave(1, F, 0, 5000, 4000);
    expect("app:f 1 3930 3000\napp:g 1 930 930\n", 0, 0);
}
END_TEST

/* The time on a CPU, net and raw; of g it is not known. */
START_TEST(times_on_a_cpu)
{
    static const struct call_costs costs = {.stop_cpu = 100};
    const struct profile_style style = {.format = PROFILE_CSV, .by = "function", .with_cpu = true};
    summary_free(summary);
    start(_i ? &costs : NULL);
    enter(1, F, 0, 1000);
    enter(1, G, 1, 2000);
    leave(1, G, 1, 3000, 1000);
    leave_with_cpu(1, F, 0, 5000, 4000, 640);
    summary_stop(summary);
    FILE *stream = open_memstream(&table, &table_size);
    ck_assert_ptr_nonnull(stream);
    ck_assert_int_eq(summary_write(summary, stream, PROFILE_TOTAL, &style, &remarks), 0);
    ck_assert_int_eq(fclose(stream), 0);
    ck_assert_ptr_nonnull(strstr(table, _i ? ",340,3660,app:f\n" : ",640,3360,app:f\n"));
    ck_assert_ptr_nonnull(strstr(table, ",,,app:g\n"));
}
END_TEST

/* g is left by an exception; the next entry shows that. */
START_TEST(calls_that_are_left)
{
    enter(1, F, 0, 0);
    for (unsigned i = 0; i < 3; i++) {
        enter(1, G, 1, 100 * i + 10);
        enter(1, H, 2, 100 * i + 20);
        leave(1, H, 2, 100 * i + 50, 30);
    }
    leave(1, F, 0, 300, 300);
    expect("app:f 1 300 180\napp:h 3 90 90\napp:g 3  \n", 3, 0);
}
END_TEST

/* Tail calls end together: the return of the outermost is that of all. */
START_TEST(tail_calls)
{
    enter(1, F, 0, 0);
    enter(1, G, 1, 10);
    leave(1, G, 1, 50, 40);
    leave(1, F, 0, 50, 50);
    expect("app:f 1 50 10\napp:g 1 40 40\n", 0, 0);
}
END_TEST

/* Each resume() leaves g open on another stack; later they return, in another order. */
START_TEST(coroutines)
{
    uint64_t now = 1000;
    for (unsigned i = 0; i < COROUTINES; i++, now += 100) {
        enter(1, F, i, now);
        enter(1, G, i + 1, now + 10);
        leave(1, F, i, now + 50, 50);
    }
    for (unsigned i = 0; i < COROUTINES; i++, now += 100) {
        unsigned k = i * 7 % COROUTINES;
        enter(1, F, COROUTINES - i, now);
        leave(1, G, COROUTINES - i, now + 20, now + 20 - (1000 + 100 * k + 10));
        leave(1, F, COROUTINES - i - 1, now + 50, 50);
    }
    ck_assert_str_eq(strchr(strchr(result(), '\n'), 'a'), "app:f 200 10000 8000\n");
    ck_assert_uint_eq(strtoul(table, NULL, 10), 0); /* the head of the table */
    ck_assert_uint_eq(remarks.unreturned + remarks.untimed, 0);
}
END_TEST

/* A thread ended in open calls; another one got its ID. */
START_TEST(a_thread_id_is_used_again)
{
    enter(1, F, 0, 0);
    enter(1, G, 1, 10);
    enter(1, G, 0, 500);
    leave(1, G, 0, 510, 10);
    expect("app:g 2 10 10\napp:f 1  \n", 2, 0);
}
END_TEST

/* Hits were dropped before the exit: it has no duration. */
START_TEST(returns_without_a_time)
{
    enter(1, F, 0, 0);
    enter(1, G, 1, 10);
    leave(1, G, 1, 20, 0);
    leave(1, F, 0, 100, 100);
    leave(1, F, 0, 200, 0);
    summary_dropped(summary, &probes[H], 5);
    expect("app:f 2 100 90\napp:h 5  \napp:g 1  \n", 0, 7);
}
END_TEST

/* A sink may want exits alone. */
START_TEST(exits_alone)
{
    for (unsigned i = 1; i < 4; i++)
        leave(1, F, 0, 100 * i, 10);
    expect("app:f 3  \n", 0, 3);
}
END_TEST

/* More open calls, threads and durations than there was room for at first. The thread that makes
   room may be late: then calls are counted and not timed. */
START_TEST(many)
{
    uint64_t now = 0;
    for (unsigned i = 0; i < DEEP; i++)
        enter(1, F, i, now++);
    for (unsigned i = DEEP; i-- > 0; now++)
        leave(1, F, i, now, now - i);
    for (pid_t tid = 2; tid < THREADS; tid++)
        enter(tid, G, 0, now++);
    for (pid_t tid = 2; tid < THREADS; tid++)
        leave(tid, G, 0, now++, THREADS - 2);
    const char *shown = result();
    ck_assert_ptr_nonnull(strstr(shown, "app:f 20000 "));
    ck_assert_ptr_nonnull(strstr(shown, "app:g 2998 "));
    ck_assert_uint_eq(remarks.unreturned, 0);
}
END_TEST

/* Once there is room, hits allocate nothing. */
START_TEST(a_hit_allocates_nothing)
{
    summary_stop(summary); /* nobody else allocates */
    size_t before = mallinfo2().uordblks;
    for (unsigned i = 0; i < 100000; i++) {
        pid_t tid = 1 + (pid_t)(i % 3000);
        enter(tid, F, 0, i * 100);
        enter(tid, G, 1, i * 100 + 10);
        leave(tid, G, 1, i * 100 + 10 + i % 80, i % 80);
        if (i % 3)
            leave(tid, F, 0, i * 100 + 99, 99);
    }
    ck_assert_uint_eq(mallinfo2().uordblks, before);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, no_calls);
    tcase_add_test(tests, calls_inside_calls);
    tcase_add_test(tests, recursion_and_a_namesake);
    tcase_add_test(tests, a_measured_stop);
    tcase_add_loop_test(tests, times_on_a_cpu, 0, 2);
    tcase_add_test(tests, calls_that_are_left);
    tcase_add_test(tests, tail_calls);
    tcase_add_test(tests, coroutines);
    tcase_add_test(tests, a_thread_id_is_used_again);
    tcase_add_test(tests, returns_without_a_time);
    tcase_add_test(tests, exits_alone);
    tcase_add_test(tests, many);
    tcase_add_test(tests, a_hit_allocates_nothing);
}
CHECK_MAIN("summary", 30, add_tests)
