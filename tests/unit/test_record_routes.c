/* SPDX-License-Identifier: MIT */
/* Where the records of --in-process go: pending at first, then to a trace of our own or to LTTng.
 */
#include "unit/routed_records.h"

START_TEST(decided)
{
    struct route_view views[ROUTES_MAX];
    hits(10);
    ck_assert_uint_eq(record_routes_list(routes, views), 2);
    ck_assert(!views[0].is_decided && !views[1].is_decided);
    ck_assert_uint_eq(views[0].since_ns, 1000001000);
    counts_are(20, 0);
    record_routes_decide(routes, second, NULL);
    ck_assert_uint_eq(backend.of_channel[1], 10);
    hits(5);
    ck_assert_uint_eq(backend.of_channel[0], 0);
    ck_assert_uint_eq(backend.of_channel[1], 15);
    record_routes_decide(routes, first, channel);
    ck_assert_uint_eq(in_trace(), 15);
    hits(5);
    ck_assert_uint_eq(in_trace(), 20);
    ck_assert_uint_eq(backend.of_channel[1], 20);
    counts_are(40, 0);
    record_routes_decide(routes, first, NULL); /* too late */
    hits(1);
    ck_assert_uint_eq(in_trace(), 21);
    ck_assert_uint_eq(record_routes_list(routes, views), 2);
    ck_assert(views[0].is_decided && !views[0].is_lttngs);
    ck_assert(views[1].is_decided && views[1].is_lttngs);
}
END_TEST

/* A session that is destroyed: what is at its address later is undecided. */
START_TEST(forgotten)
{
    struct route_view views[ROUTES_MAX];
    hits(1);
    record_routes_decide(routes, first, channel);
    record_routes_decide(routes, second, NULL);
    record_routes_forget(routes, &session);
    ck_assert_uint_eq(record_routes_list(routes, views), 1);
    hits(2);
    ck_assert_uint_eq(in_trace(), 1);
    ck_assert_uint_eq(record_routes_list(routes, views), 2);
    record_routes_decide(routes, first, channel);
    ck_assert_uint_eq(in_trace(), 3);
    counts_are(6, 0);
}
END_TEST

/* What LTTng does not record any more is lost, and counted. */
START_TEST(stopped_meanwhile)
{
    hits(3);
    backend.is_stopped = true;
    record_routes_decide(routes, first, NULL);
    record_routes_decide(routes, second, channel);
    counts_are(3, 3);
}
END_TEST

/* Without a decision, LTTng gets the records after a while, or when there is no room for more. */
START_TEST(no_decision)
{
    hits(10);
    now_ns += 1900000000;
    hits(1);
    ck_assert_uint_eq(backend.of_channel[0], 0);
    now_ns += 200000000;
    hits(1);
    ck_assert_uint_eq(backend.of_channel[0], 12);
    ck_assert_uint_eq(backend.of_channel[1], 12);
    counts_are(24, 0);
}
END_TEST

static uint64_t lost_in_trace(void)
{
    struct ctf_counts counts;
    ctf_trace_count(trace, &counts);
    return counts.lost;
}

static void hit_after_drops(void)
{
    const struct hit hit = {.probe = &probe,
                            .kind = HIT_ENTRY,
                            .follows_drops = true,
                            .time_ns = now_ns += 1000,
                            .n_values = 1,
                            .values = &number};
    number++;
    record_routes_hit(routes, &hit);
}

/* What the engine drops is told by our traces, where it was dropped; the numbers come later. Those
   that are known are left for hits that the engine has not reported yet. */
START_TEST(dropped)
{
    hits(1);
    record_routes_decide(routes, first, channel);
    hits(1);
    ck_assert_uint_eq(lost_in_trace(), 0);
    hit_after_drops();
    ck_assert_uint_eq(lost_in_trace(), 1);
    record_routes_dropped(routes, 10);
    ck_assert_uint_eq(lost_in_trace(), 1);
    hits(1);
    ck_assert_uint_eq(lost_in_trace(), 1);
    hit_after_drops();
    ck_assert_uint_eq(lost_in_trace(), 2);
    record_routes_dropped(routes, 5);
    record_routes_end(routes);
    ck_assert_uint_eq(lost_in_trace(), 15);
    record_routes_end(routes);
    ck_assert_uint_eq(lost_in_trace(), 15);
    counts_are(10, 0);
}
END_TEST

/* Of many drops, most are told of before the end. Never are more told of than there were, though
   all were counted before the hits that follow them were reported. */
START_TEST(dropped_and_counted_before)
{
    const uint64_t many = 1000000;
    hits(1);
    record_routes_decide(routes, first, channel);
    record_routes_dropped(routes, many);
    hit_after_drops();
    ck_assert_uint_gt(lost_in_trace(), many / 10 * 9);
    for (int i = 0; i < 10; i++)
        hit_after_drops();
    ck_assert_uint_lt(lost_in_trace(), many);
    record_routes_end(routes);
    ck_assert_uint_eq(lost_in_trace(), many);
}
END_TEST

/* So are drops before hits that are pending. */
START_TEST(dropped_while_undecided)
{
    hit_after_drops();
    hit_after_drops();
    record_routes_dropped(routes, 7);
    hit_after_drops();
    hits(1);
    record_routes_decide(routes, first, channel);
    ck_assert_uint_eq(lost_in_trace(), 3);
    hit_after_drops();
    ck_assert_uint_eq(lost_in_trace(), 4);
    record_routes_end(routes);
    ck_assert_uint_eq(lost_in_trace(), 7);
}
END_TEST

/* Of how many is known only after the decision. */
START_TEST(dropped_and_counted_later)
{
    hit_after_drops();
    hit_after_drops();
    record_routes_decide(routes, first, channel);
    ck_assert_uint_eq(lost_in_trace(), 2);
    record_routes_dropped(routes, 5);
    record_routes_end(routes);
    ck_assert_uint_eq(lost_in_trace(), 5);
}
END_TEST

START_TEST(no_room)
{
    now_ns = 1000000000;
    hits(100000);
    ck_assert_uint_eq(backend.of_channel[0], 100000);
    ck_assert_uint_eq(backend.of_channel[1], 100000);
    counts_are(200000, 0);
}
END_TEST

START_TEST(names_of_events)
{
    size_t n;
    ck_assert_int_eq(backend.redirect->add_event(backend.redirect->data, "p:g_entry", &field, 1),
                     1);
    const char **names = record_routes_names(routes, &n);
    ck_assert_uint_eq(n, 2);
    ck_assert_str_eq(names[0], "p:f_entry");
    ck_assert_str_eq(names[1], "p:g_entry");
    free(names);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, decided);
    tcase_add_test(tests, forgotten);
    tcase_add_test(tests, stopped_meanwhile);
    tcase_add_test(tests, no_decision);
    tcase_add_test(tests, dropped);
    tcase_add_test(tests, dropped_and_counted_before);
    tcase_add_test(tests, dropped_while_undecided);
    tcase_add_test(tests, dropped_and_counted_later);
    tcase_add_test(tests, no_room);
    tcase_add_test(tests, names_of_events);
}

CHECK_MAIN("record routes", 30, add_tests)
