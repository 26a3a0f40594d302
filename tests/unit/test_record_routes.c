/* SPDX-License-Identifier: MIT */
/* Where the records of --in-process go: pending at first, then to a trace of our own or to LTTng.
   With a back end that records hits in two channels, and a real writer of traces. */
#include "cli/record_routes.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tp/ctf/ctf_packet.h"
#include "unit/check_main.h"
#include "util/clock.h"

static const struct field field = {.name = "number", .kind = VALUE_INTEGER, .size = 8};
static const struct probe probe = {.entry_event = "f_entry", .n_args = 1, .args = &field};

static const int session, other_session, channels[2];
static const struct record_place first = {&session, &channels[0]};
static const struct record_place second = {&other_session, &channels[1]};

/* What liblttng-ust would do: both sessions record every hit. */
static struct backend {
    const struct record_redirect *redirect;
    struct hit_counts counts;
    uint64_t of_channel[2]; /* records that LTTng got */
    uint64_t last[2];       /* the value of the last of them */
    bool is_stopped;
    bool first_records; /* else `session` is stopped */
} backend;

static void lttng_records(struct backend *back, const struct hit *hit, int i)
{
    ck_assert_uint_gt(hit->values[0], back->last[i]);
    back->last[i] = hit->values[0];
    back->of_channel[i]++;
    back->counts.written++;
}

static void emit(struct backend *back, const struct hit *hit)
{
    const struct record_place places[] = {first, second};
    for (int i = 0; i < 2; i++)
        if (!back->redirect->record(back->redirect->data, places[i], 0, hit))
            lttng_records(back, hit, i);
}

static void emit_in_channel(struct backend *back, const struct hit *hit, const void *channel)
{
    if (!back->is_stopped)
        lttng_records(back, hit, channel == &channels[1]);
}

static void backend_counts_of(const struct backend *back, struct hit_counts *counts)
{
    *counts = back->counts;
}

static size_t recording_sessions(struct backend *back, const void **sessions, size_t max)
{
    size_t n = 0;
    ck_assert_uint_ge(max, 2);
    sessions[n++] = &other_session;
    if (back->first_records)
        sessions[n++] = &session;
    return n;
}

static const struct backend_ops ops = {
    .emit = emit,
    .counts = backend_counts_of,
    .emit_in_channel = emit_in_channel,
    .sessions = recording_sessions,
};

static char directory[64], path[128];
static struct ctf_writer *writer;
static struct ctf_trace *trace;
static struct ctf_channel *channel;
static struct record_routes *routes;

static void setup(void)
{
    struct error err;
    snprintf(directory, sizeof(directory), "/tmp/record_routes.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/trace", directory);
    ck_assert_int_eq(ctf_writer_new(&writer, &err), 0);
    const struct ctf_trace_request request = {.directory = path};
    ck_assert_int_eq(ctf_trace_new(writer, &request, &trace, &err), 0);
    ck_assert_int_eq(ctf_trace_add_channel(trace, NULL, 0, &channel, &err), 0);
    ck_assert_int_eq(record_routes_new(writer, &routes), 0);
    backend = (struct backend){.redirect = record_routes_redirect(routes)};
    record_routes_set_backend(routes, &ops, &backend);
    ck_assert_int_eq(backend.redirect->add_event(backend.redirect->data, "p:f_entry", &field, 1),
                     0);
}

static void teardown(void)
{
    char command[128];
    ctf_writer_free(writer);
    record_routes_free(routes);
    snprintf(command, sizeof(command), "rm -r %s", directory);
    ck_assert_int_eq(system(command), 0);
}

static uint64_t number, now_ns = 1000000000;

static void hits(unsigned n)
{
    while (n--) {
        number++;
        const struct hit hit = {.probe = &probe,
                                .kind = HIT_ENTRY,
                                .time_ns = now_ns += 1000,
                                .n_values = 1,
                                .values = &number};
        record_routes_hit(routes, &hit);
    }
}

static void counts_are(uint64_t written, uint64_t lost)
{
    struct hit_counts counts = backend.counts;
    record_routes_count(routes, &counts);
    ck_assert_uint_eq(counts.written, written);
    ck_assert_uint_eq(counts.lost, lost);
}

static uint64_t in_trace(void)
{
    struct ctf_counts counts;
    ctf_trace_count(trace, &counts);
    return counts.written;
}

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

/* What the engine drops is told by our traces, where it was dropped; the numbers come later. */
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
    ck_assert_uint_eq(lost_in_trace(), 10);
    record_routes_dropped(routes, 5);
    record_routes_end(routes);
    ck_assert_uint_eq(lost_in_trace(), 15);
    record_routes_end(routes);
    ck_assert_uint_eq(lost_in_trace(), 15);
    counts_are(10, 0);
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
    ck_assert_uint_eq(lost_in_trace(), 7);
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
    tcase_add_test(tests, decided);
    tcase_add_test(tests, forgotten);
    tcase_add_test(tests, stopped_meanwhile);
    tcase_add_test(tests, no_decision);
    tcase_add_test(tests, dropped);
    tcase_add_test(tests, dropped_while_undecided);
    tcase_add_test(tests, dropped_and_counted_later);
    tcase_add_test(tests, no_room);
    tcase_add_test(tests, names_of_events);
    tcase_add_test(tests, stopped_and_started);
    tcase_add_test(tests, stopped_while_undecided);
    tcase_add_test(tests, stopped_with_two_channels);
    tcase_add_test(tests, late_after_a_start);
}

CHECK_MAIN("record routes", 30, add_tests)
