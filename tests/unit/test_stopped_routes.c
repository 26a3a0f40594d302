/* SPDX-License-Identifier: MIT */
/* Traces of our own tell when their session was stopped. */
#include <sys/stat.h>

#include "tp/ctf/ctf_packet.h"
#include "unit/routed_records.h"
#include "util/clock.h"

/* Of how many stops the trace tells: each has a packet in a stream of theirs. */
static long stops_in_trace(void)
{
    struct error err;
    char name[160];
    struct stat status;
    ck_assert_int_eq(ctf_trace_flush(trace, &err), 0);
    snprintf(name, sizeof(name), "%s/channel1_0", path);
    return stat(name, &status) == 0 ? (long)status.st_size / 4096 : 0;
}

static void change(bool first_records)
{
    while (clock_now_ns() <= now_ns)
        ;
    record_routes_before_change(routes);
    backend.first_records = first_records;
    now_ns = clock_now_ns();
}

/* The trace tells of a stop between two hits, once. */
START_TEST(stopped_and_started)
{
    backend.first_records = true;
    change(true);
    hits(1);
    record_routes_decide(routes, first, channel);
    record_routes_decide(routes, second, channel); /* which is never stopped */
    change(true);
    hits(1);
    change(false);
    ck_assert_int_eq(stops_in_trace(), 0);
    change(false); /* something else changes meanwhile */
    ck_assert_int_eq(stops_in_trace(), 1);
    change(true);
    ck_assert_int_eq(stops_in_trace(), 1);
    hits(1);
    ck_assert_int_eq(stops_in_trace(), 1);
    change(false);
    change(true);
    hits(1);
    ck_assert_int_eq(stops_in_trace(), 2);
    ck_assert_uint_eq(in_trace(), 8);
    counts_are(8, 0);
}
END_TEST

/* So do those of a session that is not yet known. */
START_TEST(stopped_while_undecided)
{
    backend.first_records = true;
    for (int i = 0; i < 2; i++) {
        change(true);
        hits(1);
        change(false);
    }
    change(true);
    hits(1);
    record_routes_decide(routes, first, channel);
    ck_assert_uint_eq(in_trace(), 3);
    ck_assert_int_eq(stops_in_trace(), 2);
}
END_TEST

/* The begin and the end of the stops are in order, one after the other. Returns the last one's
   begin. */
static uint64_t last_stop_begin(void)
{
    char name[160];
    struct ctf_packet packet;
    uint64_t begin = 0, end = 0;
    snprintf(name, sizeof(name), "%s/channel1_0", path);
    FILE *file = fopen(name, "r");
    ck_assert_ptr_nonnull(file);
    for (long at = 0; at < stops_in_trace(); at++) {
        fseek(file, at * 4096, SEEK_SET);
        ck_assert_uint_eq(fread(&packet, sizeof(packet), 1, file), 1);
        ck_assert_uint_ge(packet.timestamp_begin, end);
        ck_assert_uint_gt(packet.timestamp_end, packet.timestamp_begin);
        begin = packet.timestamp_begin;
        end = packet.timestamp_end;
    }
    fclose(file);
    return begin;
}

/* A session with several channels stops once, after the last hit in any of them. */
START_TEST(stopped_with_two_channels)
{
    const struct record_place also = {&session, &session};
    backend.first_records = true;
    change(true);
    hits(1);
    record_routes_decide(routes, first, channel);
    record_routes_decide(routes, second, channel);
    for (int i = 0; i < 2; i++) {
        const struct hit hit = {.probe = &probe,
                                .kind = HIT_ENTRY,
                                .time_ns = now_ns += 1000,
                                .n_values = 1,
                                .values = &number};
        number++;
        ck_assert(backend.redirect->record(backend.redirect->data, also, 0, &hit));
        if (i == 0)
            record_routes_decide(routes, also, channel);
        change(false);
        change(false);
        ck_assert_int_eq(stops_in_trace(), i + 1);
        ck_assert_uint_eq(last_stop_begin(), hit.time_ns);
        change(true);
        if (i == 0)
            hits(1);
    }
}
END_TEST

/* A hit from before the start is on no side of it: it is lost, and counted. */
START_TEST(late_after_a_start)
{
    backend.first_records = true;
    change(true);
    hits(1);
    record_routes_decide(routes, first, channel);
    record_routes_decide(routes, second, NULL);
    change(false);
    uint64_t then_ns = clock_now_ns();
    change(true);
    now_ns = then_ns - 1000;
    hits(1);
    ck_assert_uint_eq(in_trace(), 1);
    counts_are(3, 1);
    now_ns = clock_now_ns();
    hits(1);
    ck_assert_uint_eq(in_trace(), 2);
    counts_are(5, 1);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, stopped_and_started);
    tcase_add_test(tests, stopped_while_undecided);
    tcase_add_test(tests, stopped_with_two_channels);
    tcase_add_test(tests, late_after_a_start);
}

CHECK_MAIN("stopped routes", 30, add_tests)
