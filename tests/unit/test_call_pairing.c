/* SPDX-License-Identifier: MIT */
/* Entries and exits to calls: threads, programs, losses, ranges of time. */
#include "unit/paired_events.h"

START_TEST(nested)
{
    begin();
    enter("a", 10);
    enter("b", 11);
    leave("b", 13);
    enter("b", 14);
    leave("b", 18);
    leave("a", 20);
    finish("a(0 b(1 b=2 in a) b(1 b=4 in a) a=10-6) ");
    ck_assert_uint_eq(counts.ends[CALL_RETURNED], 3);
}
END_TEST

START_TEST(threads_apart)
{
    begin();
    enter("a", 10);
    origin.tid = 2;
    enter("a", 11);
    origin.pid = 2;
    enter("a", 12);
    origin = (struct event_origin){.pid = 1, .tid = 1, .host = 1, .thread_name = ""};
    enter("a", 13);
    origin = (struct event_origin){.pid = 1, .tid = 1, .thread_name = ""};
    leave("a", 20);
    origin.tid = 2;
    leave("a", 31);
    origin.pid = 2;
    leave("a", 42);
    origin = (struct event_origin){.pid = 1, .tid = 1, .host = 1, .thread_name = ""};
    leave("a", 53);
    finish("a(0 a(0 a(0 a(0 a=10) a=20) a=30) a=40) ");
}
END_TEST

START_TEST(duration_decides)
{
    begin();
    send(&entries, "f", 10000, NOT_RECORDED, NOT_RECORDED);
    send(&entries, "f", 50000, NOT_RECORDED, NOT_RECORDED);
    send(&exits, "f", 90000, NOT_RECORDED, 80001);
    finish("f(0 f(1 f=80001) f unwound) ");
}
END_TEST

/* A recorded duration is taken as it is, also where the events' times differ. */
START_TEST(recorded_duration)
{
    begin();
    send(&entries, "f", 100, NOT_RECORDED, NOT_RECORDED);
    send(&exits, "f", 200, NOT_RECORDED, 42);
    send(&exits, "g", 300, 3, 43);
    finish("f(0 f=42) lone g 3=43 ");
}
END_TEST

/* A recorded duration of 0: the tracer has missed hits, and knows of none. */
START_TEST(recorded_as_unknown)
{
    begin();
    send(&entries, "f", 100, NOT_RECORDED, NOT_RECORDED);
    send(&exits, "f", 200, NOT_RECORDED, 0);
    finish("f(0 f) ");
    ck_assert_uint_eq(counts.no_duration, 1);
}
END_TEST

/* Between an entry and an exit after a stop others may have been. */
START_TEST(stopped_session)
{
    begin();
    enter("main", 1);
    enter("f", 10);
    enter("g", 11);
    pause_until(12, 20);
    leave("f", 20);
    enter("f", 20);
    leave("f", 22);
    leave("h", 23);
    send(&entries, "d", 24, NOT_RECORDED, NOT_RECORDED);
    pause_until(25, 26);
    send(&exits, "d", 27, NOT_RECORDED, 2);
    leave("main", 30);
    finish("main(0 f(1 g(2 gap 0 f in main) f(1 f=2 in main) lone h 1 d(1 gap 0 d=2 in main) "
           "main-4) g lost) ");
    ck_assert_uint_eq(counts.paused, 2);
    ck_assert_uint_eq(counts.pauses, 2);
    ck_assert_uint_eq(counts.no_duration, 0);
    ck_assert_uint_eq(counts.gaps, 0);
    ck_assert_uint_eq(counts.lost_entries, 1);
}
END_TEST

START_TEST(attached_midway)
{
    begin();
    leave("c", 10);
    enter("d", 11);
    leave("d", 12);
    leave("b", 13);
    finish("lone c 0 d(0 d=1) lone b 0 ");
    ck_assert_uint_eq(counts.lone_exits, 2);
    ck_assert_uint_eq(counts.lost_entries, 0);
}
END_TEST

/* Of a call that was open while events were lost, no time is known: the exit may be another's. */
START_TEST(losses)
{
    begin();
    enter("a", 10);
    enter("b", 11);
    lose(12, 14);
    leave("b", 15);
    enter("c", 16);
    leave("c", 18);
    leave("d", 19);
    enter("e", 20);
    leave("a", 21);
    finish("a(0 b(1 gap 5 b in a) c(1 c=2 in a) lone d 1 e(1 a-2) e unwound) ");
    ck_assert_uint_eq(counts.no_duration, 2);
    ck_assert_uint_eq(counts.lost_entries, 1);
    ck_assert_uint_eq(counts.lone_exits, 0);
    ck_assert_uint_eq(counts.lost_events, 5);
}
END_TEST

START_TEST(exit_lost)
{
    begin();
    enter("a", 10);
    enter("b", 11);
    lose(12, 14);
    leave("a", 21);
    finish("a(0 b(1 gap 5 b lost in a) a) ");
}
END_TEST

/* Events of another trace are not lost. */
START_TEST(losses_of_another_trace)
{
    begin();
    enter("a", 10);
    origin.trace = 3;
    lose(12, 14);
    origin.trace = 0;
    leave("a", 21);
    finish("a(0 gap 5 a=11) ");
}
END_TEST

/* An entry in the middle of a loss, as the trace tells its end. */
START_TEST(inside_a_loss)
{
    begin();
    lose(10, 20);
    enter("a", 15);
    leave("a", 16);
    enter("a", 21);
    leave("a", 22);
    finish("gap 5 a(0 a) a(0 a=1) ");
}
END_TEST

START_TEST(another_program)
{
    begin();
    enter("main", 10);
    enter("run", 11);
    struct trace_event event = {.layout = &entries, .time_ns = 20};
    event.function = function_table_intern(functions, "n", "main", FUNCTION_BY_NAME);
    event.function->has_exits = true;
    ck_assert_int_eq(call_pairing_event(pairing, &event, &origin), 0);
    finish("main(0 run(1 run replaced in main) main replaced) main(0 main at end) ");
}
END_TEST

START_TEST(replaced)
{
    begin();
    enter("a", 10);
    origin.tid = 2;
    enter("b", 11);
    origin.pid = 2;
    enter("c", 12);
    origin.pid = 1;
    ck_assert_int_eq(call_pairing_replaced(pairing, &origin, 20), 0);
    ck_assert_uint_eq(counts.ends[CALL_REPLACED], 2);
    ck_assert_int_eq(call_pairing_finish(pairing, 30), 0);
    ck_assert_uint_eq(counts.ends[CALL_AT_END], 1);
}
END_TEST

START_TEST(without_exits)
{
    begin();
    enter("a", 10);
    enter("entry_only", 11);
    enter("entry_only", 12);
    leave("a", 20);
    finish("a(0 entry_only(1 entry_only no exits in a) entry_only(1 entry_only no exits in a) "
           "a=10) ");
}
END_TEST

START_TEST(without_thread)
{
    begin();
    origin.tid = 0;
    enter("a", 10);
    leave("a", 12);
    finish("a(0 a no thread) lone a 0 ");
    ck_assert_uint_eq(counts.without_tid, 2);
    ck_assert_uint_eq(counts.lone_exits, 0);
}
END_TEST

/* IDs that no kernel gives. */
START_TEST(impossible_threads)
{
    begin();
    origin.tid = -5;
    enter("a", 10);
    origin.tid = 1 << 30;
    enter("a", 11);
    origin.tid = 1;
    origin.pid = -1;
    leave("a", 12);
    finish("a(0 a no thread) a(0 a no thread) lone a 0 ");
}
END_TEST

START_TEST(range)
{
    enter("a", 10);
    enter("b", 11);
    leave("b", 12);
    enter("b", 13);
    begin();
    leave("b", 20);
    enter("c", 21);
    finish("before a(0 before b(1 b=7 in a) c(1 c at end in a) a-8 at end) ");
}
END_TEST

/* An exit that does not tell its function. */
START_TEST(exit_without_address)
{
    begin();
    enter("a", 10);
    function_table_at(functions, 0)->origin = FUNCTION_BY_ADDRESS;
    struct trace_event event = {.layout = &exits, .time_ns = 20};
    exits.extras[EXTRA_DEPTH] = exits.extras[EXTRA_DURATION] = -1;
    ck_assert_int_eq(call_pairing_event(pairing, &event, &origin), 0);
    ck_assert_int_eq(call_pairing_event(pairing, &event, &origin), 0);
    finish("a(0 a=10) ");
    ck_assert_uint_eq(counts.lone_exits, 1);
}
END_TEST

/* However often calls are left without an exit, and however deep they are. */
START_TEST(bounded)
{
    static const struct call_visitor nobody = {0};
    call_pairing_free(pairing);
    pairing = call_pairing_new(&nobody, &counts, NULL);
    begin();
    enter("a", 1);
    for (uint64_t i = 0; i < 10000; i++) {
        enter("b", i);
        enter("c", i);
        leave("b", i + 1);
    }
    ck_assert_uint_eq(counts.ends[CALL_UNWOUND], 10000 - 1024);
    for (uint64_t i = 0; i < (1 << 20) + 10; i++)
        enter("d", i);
    ck_assert_uint_eq(counts.too_deep, 1 << 20);
    ck_assert_uint_eq(counts.ends[CALL_LOST], 1 << 20);
    /* Their exits are no others: each call counts once. */
    for (uint64_t i = 0; i < (1 << 20) + 10; i++)
        leave("d", 1 << 21);
    leave("a", 1 << 21);
    ck_assert_uint_eq(counts.ends[CALL_RETURNED], 10000 + 11);
    ck_assert_uint_eq(counts.lost_entries + counts.lone_exits, 0);
    leave("d", 1 << 21);
    leave("a", 1 << 21);
    ck_assert_uint_eq(counts.lost_entries, 2);
    for (int i = 1; i < 20000; i++) {
        origin.tid = i;
        enter("b", 1);
        leave("b", 2);
    }
    ck_assert_int_eq(call_pairing_finish(pairing, 1), 0);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, nested);
    tcase_add_test(tests, threads_apart);
    tcase_add_test(tests, duration_decides);
    tcase_add_test(tests, recorded_duration);
    tcase_add_test(tests, recorded_as_unknown);
    tcase_add_test(tests, stopped_session);
    tcase_add_test(tests, attached_midway);
    tcase_add_test(tests, losses);
    tcase_add_test(tests, exit_lost);
    tcase_add_test(tests, losses_of_another_trace);
    tcase_add_test(tests, inside_a_loss);
    tcase_add_test(tests, another_program);
    tcase_add_test(tests, replaced);
    tcase_add_test(tests, without_exits);
    tcase_add_test(tests, without_thread);
    tcase_add_test(tests, impossible_threads);
    tcase_add_test(tests, range);
    tcase_add_test(tests, exit_without_address);
    tcase_add_test(tests, bounded);
}
CHECK_MAIN("call_pairing", 60, add_tests)
