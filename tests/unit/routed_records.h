/* SPDX-License-Identifier: MIT */
/* Records of --in-process: a back end that records hits in two channels, and a real writer of
 * traces. */
#ifndef UNIT_ROUTED_RECORDS_H
#define UNIT_ROUTED_RECORDS_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/record_routes.h"
#include "unit/check_main.h"

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

#endif
