/* SPDX-License-Identifier: MIT */
/* Our own CTF traces: the order of records, those that are lost, and descriptions. */
#include <fcntl.h>
#include <pthread.h>

#include "unit/ctf_numbers.h"

enum { EVENT_SIZE = 20 };

/* A record that never finds room: it is larger than all of the writer's memory. */
static inline void lose(int cpu, uint64_t time)
{
    enum { TOO_LARGE = 32 << 20 };
    static char *text;
    if (!text) {
        text = malloc(TOO_LARGE);
        ck_assert_ptr_nonnull(text);
        memset(text, 'x', TOO_LARGE - 1);
        text[TOO_LARGE - 1] = '\0';
    }
    uint64_t offset = 0;
    struct hit hit = {.cpu = cpu, .time_ns = time, .n_values = 1, .values = &offset, .text = text};
    ck_assert_int_eq(ctf_channel_write(channel, text_event, &hit), -ENOBUFS);
}

START_TEST(order)
{
    begin_numbers();
    static const uint64_t times[] = {100, 90, 95, 110, 80, 100, 100, 85};
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
        ck_assert_int_eq(write_number(0, times[i], times[i]), 1);
    struct ctf_counts counts;
    ctf_trace_count(trace, &counts);
    ck_assert_uint_eq(counts.written, 8);
    ck_assert_uint_eq(counts.late, 0);
    end();
    expect_lines("m:n: { cpu_id = 0 }, { n = 80 }\nm:n: { cpu_id = 0 }, { n = 85 }\n"
                 "m:n: { cpu_id = 0 }, { n = 90 }\nm:n: { cpu_id = 0 }, { n = 95 }\n"
                 "m:n: { cpu_id = 0 }, { n = 100 }\nm:n: { cpu_id = 0 }, { n = 100 }\n"
                 "m:n: { cpu_id = 0 }, { n = 100 }\nm:n: { cpu_id = 0 }, { n = 110 }\n");
}
END_TEST

/* Each record is later than all before: more than there are streams of a CPU. */
START_TEST(too_late)
{
    begin_numbers();
    for (uint64_t time = 100; time > 89; time--)
        ck_assert_int_eq(write_number(1, time, time), 1);
    struct ctf_counts counts;
    ctf_trace_count(trace, &counts);
    ck_assert_uint_eq(counts.late, 3);
    end();
    char *text = output_of("babeltrace2 --no-delta --clock-cycles '%s' 2>&1 | "
                           "sed -E 's/^\\[0*([0-9]+)\\] .* n = ([0-9]+) .*/\\1 \\2/' | sort",
                           path);
    ck_assert_str_eq(text, "100 100\n93 90\n93 91\n93 92\n93 93\n94 94\n95 95\n96 96\n97 97\n"
                           "98 98\n99 99\n");
    free(text);
}
END_TEST

START_TEST(loss)
{
    begin_numbers();
    for (int i = 0; i < 3; i++)
        lose(0, 10);
    ck_assert_int_eq(write_number(0, 20, 0), 1);
    lose(0, 21);
    EXPECT_OK(ctf_trace_flush(trace, &error));
    lose(0, 22);
    EXPECT_OK(ctf_trace_flush(trace, &error));
    ck_assert_int_eq(write_number(0, 23, 1), 1);
    for (uint64_t i = 0; i < 1000; i++) {
        ck_assert_int_eq(write_number(1, 30 + i, i), 1);
        if (i == 500)
            lose(1, 30 + i);
    }
    struct seen seen = look();
    EXPECT_OK(ctf_trace_flush(trace, &error));
    free(seen.text);
    seen = look();
    ck_assert_uint_eq(seen.discarded, 6);
    free(seen.text);
    for (int i = 0; i < 7; i++)
        lose(0, 1000);
    struct ctf_counts counts;
    ctf_trace_count(trace, &counts);
    ck_assert_uint_eq(counts.written, 1002);
    ck_assert_uint_eq(counts.lost, 13);
    end();
    seen = look();
    ck_assert_uint_eq(seen.numbers[0], 2);
    ck_assert_uint_eq(seen.numbers[1], 1000);
    ck_assert_uint_eq(seen.discarded, 13);
    free(seen.text);
}
END_TEST

START_TEST(all_lost)
{
    begin_numbers();
    for (int i = 0; i < 5; i++)
        lose(0, 10);
    end();
    struct seen seen = look();
    ck_assert_str_eq(seen.text, "WARNING: Tracer discarded 5 events \n");
    free(seen.text);
}
END_TEST

START_TEST(many_events)
{
    enum { EVENTS = 2500 };
    static char names[EVENTS][EVENT_SIZE];
    begin(NULL, 0);
    struct ctf_channel *early = channel, *late;
    for (int i = 0; i < EVENTS; i++) {
        snprintf(names[i], sizeof(names[i]), "m:f%d", i);
        number_event = add_event(names[i], &number_field, 1);
        ck_assert_uint_eq(number_event, i);
        if (i % 3 == 0)
            ck_assert_int_eq(write_number(0, 1000, (uint64_t)i), 1);
    }
    EXPECT_OK(ctf_trace_add_channel(trace, NULL, 0, &late, &error));
    for (int i = EVENTS - 1; i >= 0; i--) {
        channel = i % 2 ? early : late;
        number_event = (uint32_t)i;
        ck_assert_int_eq(write_number(1, 1000, (uint64_t)i), 1);
    }
    end();
    char *text =
        output_of("babeltrace2 '%s' 2>&1 | grep -cE ' m:f([0-9]+): .* n = \\1 \\}$'", path);
    ck_assert_str_eq(text, "3334\n");
    free(text);
    text = output_of("grep -c '^event {' '%s/metadata'", path);
    ck_assert_str_eq(text, "2917\n"); /* those of both channels that have records */
    free(text);
}
END_TEST

START_TEST(clock_offset)
{
    EXPECT_OK(ctf_writer_new(&writer, &error));
    struct ctf_trace_request request = {
        .directory = path, .trace_name = "a \"name\"\\\n", .clock_offset_ns = 5000000000};
    EXPECT_OK(ctf_trace_new(writer, &request, &trace, &error));
    EXPECT_OK(ctf_trace_add_channel(trace, NULL, 0, &channel, &error));
    number_event = add_event("m:n", &number_field, 1);
    ck_assert_int_eq(write_number(0, 7, 1), 1);
    EXPECT_OK(ctf_trace_flush(trace, &error));
    static const char command[] =
        "babeltrace2 --no-delta --clock-seconds '%s' 2>&1 | cut -d' ' -f1";
    char *text = output_of(command, path);
    ck_assert_str_eq(text, "[5.000000007]\n");
    free(text);
    EXPECT_OK(ctf_trace_set_clock_offset(trace, 1795958405217315360, &error));
    ck_assert_int_eq(write_number(0, 8, 2), 1);
    EXPECT_OK(ctf_trace_flush(trace, &error));
    text = output_of(command, path);
    ck_assert_str_eq(text, "[1795958405.217315367]\n[1795958405.217315368]\n");
    free(text);
    text = output_of("grep -c 'trace_name = \"a .\"name.\"\\\\\\\\_\";' '%s/metadata'", path);
    ck_assert_str_eq(text, "1\n");
    free(text);
    struct ctf_trace *other;
    ck_assert_int_eq(ctf_trace_new(writer, &request, &other, &error), -EEXIST);
    request.directory = "/nonexistent/in-process-1";
    ck_assert_int_eq(ctf_trace_new(writer, &request, &other, &error), -ENOENT);
}
END_TEST

static int open_files(void)
{
    int n = 0;
    for (int fd = 0; fd < 1000; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

/* More traces one after the other than there is memory for at once. */
START_TEST(closed_traces)
{
    enum { TRACES = 800 };
    begin_numbers();
    int files = open_files();
    for (unsigned i = 0; i < TRACES; i++) {
        snprintf(path, sizeof(path), "%s/in-process-%u", directory, i + 2);
        struct ctf_trace_request request = {.directory = path};
        if (ctf_trace_new(writer, &request, &trace, &error) < 0 ||
            ctf_trace_add_channel(trace, NULL, 0, &channel, &error) < 0 ||
            write_number(0, 1, 0) != 1 || write_number(1, 1, 0) != 1 ||
            ctf_trace_close(trace, &error) < 0)
            ck_abort_msg("trace %u: %s", i, error.text);
        struct ctf_counts counts;
        ctf_trace_count(trace, &counts);
        if (counts.written != 2 || counts.unwritten != 0 || counts.lost != 0)
            ck_abort_msg("trace %u", i);
    }
    ck_assert_int_eq(open_files(), files);
    struct seen seen = look();
    ck_assert_uint_eq(seen.numbers[0] + seen.numbers[1], 2);
    free(seen.text);
}
END_TEST

/* Adds events, traces and channels, and flushes, until it is told to stop. */
static void *change_lists(void *stop)
{
    static const char *const names[] = {"m:a", "m:b", "m:c"};
    for (unsigned i = 0; !*(_Atomic bool *)stop; i++) {
        char name[128];
        snprintf(name, sizeof(name), "%s/other-%u", directory, i);
        struct ctf_trace_request request = {.directory = name};
        struct error err;
        struct ctf_trace *other;
        struct ctf_channel *unused;
        if (ctf_trace_new(writer, &request, &other, &err) < 0 ||
            ctf_trace_add_channel(other, NULL, 0, &unused, &err) < 0 ||
            ctf_trace_add_channel(trace, NULL, 0, &unused, &err) < 0)
            return NULL;
        for (unsigned n = 0; n < 100; n++)
            if (ctf_writer_add_event(writer, names[n % 3], &number_field, 1) < 0)
                return NULL;
        if (ctf_trace_set_clock_offset(trace, 1000 + i, &err) < 0 ||
            ctf_trace_close(other, &err) < 0)
            return NULL;
    }
    return stop;
}

START_TEST(changed_meanwhile)
{
    enum { NUMBERS = 100000 };
    static _Atomic bool stop;
    void *result = NULL;
    pthread_t thread;
    begin_numbers();
    ck_assert_int_eq(pthread_create(&thread, NULL, change_lists, (void *)&stop), 0);
    for (uint64_t i = 0; i < NUMBERS; i++) {
        if (write_number(i % CPUS, i + 1, i / CPUS) != 1)
            ck_abort_msg("%llu is lost", (unsigned long long)i);
        if (i % 1000 == 0)
            EXPECT_OK(ctf_trace_flush(trace, &error));
    }
    stop = true;
    ck_assert_int_eq(pthread_join(thread, &result), 0);
    ck_assert_ptr_eq(result, (void *)&stop);
    end();
    struct seen seen = look();
    ck_assert_uint_eq(seen.numbers[0], NUMBERS / CPUS);
    ck_assert_uint_eq(seen.numbers[1], NUMBERS / CPUS);
    free(seen.text);
}
END_TEST

static void add_tests(TCase *tests)
{
    need_cpus(2);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, order);
    tcase_add_test(tests, too_late);
    tcase_add_test(tests, loss);
    tcase_add_test(tests, all_lost);
    tcase_add_test(tests, many_events);
    tcase_add_test(tests, clock_offset);
    tcase_add_test(tests, closed_traces);
    tcase_add_test(tests, changed_meanwhile);
}

CHECK_MAIN("ctf_streams", 60, add_tests)
