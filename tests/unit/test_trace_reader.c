/* SPDX-License-Identifier: MIT */
/* Reads traces that our own CTF writer makes. */
#include "unit/read_traces.h"

START_TEST(lines)
{
    make_trace(3);
    record_calls();
    close_trace();
    expect_replay(&(struct trace_options){.path = directory},
                  "11 app:main()\n"
                  "11   lib:f(n = -7, f = 1.5, p = 0xabc, s = \"it\\n\\x1b[1m\", color = DARK, "
                  "b = 1)\n"
                  "11   = void <0.000000>\n"
                  "11   lib:f(n = 7, f = -0.1, p = 0x0, s = \"\", color = 9, b = 0)\n"
                  "11   = void <0.000000>\n"
                  "11 } app:main = 3 <0.000001>\n");
}
END_TEST

static bool selects_f(void *data, const char *module, const char *name)
{
    ck_assert_ptr_eq(data, got);
    return strcmp(module, "lib") == 0 && strcmp(name, "f") == 0;
}

START_TEST(selected_functions)
{
    make_trace(3);
    record_calls();
    close_trace();
    expect_replay(&(struct trace_options){.path = directory, .selects = selects_f, .data = got},
                  "11   lib:f(n = -7, f = 1.5, p = 0xabc, s = \"it\\n\\x1b[1m\", color = DARK, "
                  "b = 1)\n"
                  "11   = void <0.000000>\n"
                  "11   lib:f(n = 7, f = -0.1, p = 0x0, s = \"\", color = 9, b = 0)\n"
                  "11   = void <0.000000>\n");
}
END_TEST

/* The events before the range count for depths and times, and print nothing. */
START_TEST(range)
{
    make_trace(3);
    record_calls();
    close_trace();
    expect_replay(
        &(struct trace_options){.path = directory, .begin_ns = 1000000300, .end_ns = 1000001300},
        "11   } lib:f = void <0.000000>\n"
        "11   lib:f(n = 7, f = -0.1, p = 0x0, s = \"\", color = 9, b = 0)\n");
}
END_TEST

START_TEST(chosen_threads)
{
    make_trace(3);
    record_calls();
    hit.pid = hit.tid = 20;
    record(0, 2000, 0);
    close_trace();
    static const pid_t pids[] = {3, 20}, none[] = {3};
    expect_replay(&(struct trace_options){.path = directory, .pids = pids, .n_pids = 2},
                  "20 app:main()\n");
    expect_replay(&(struct trace_options){.path = directory, .tids = none, .n_tids = 1}, "");
}
END_TEST

/* Parameters are not taken for extra fields, unless the exits have these. */
START_TEST(extra_fields)
{
    make_trace(0);
    uint32_t alike_entry = event_of("app:alike_entry", ALIKE, 2);
    uint32_t alike_exit = event_of("app:alike_exit", NULL, 0);
    uint32_t deep_entry = event_of("app:deep_entry", WITH_EXTRAS, 3);
    uint32_t deep_exit = event_of("app:deep_exit", EXIT_EXTRAS, 3);
    record(alike_entry, 100, 2, UINT64_C(5), UINT64_C(6));
    record(alike_exit, 200, 0);
    record(deep_entry, 300, 3, UINT64_C(9), UINT64_C(2), UINT64_C(44));
    record(deep_exit, 400, 3, UINT64_C(2), UINT64_C(7000), UINT64_C(44));
    close_trace();
    struct call_counts counts;
    const struct trace_options options = {.path = directory};
    ck_assert_int_eq(replay_with(&options, &counts), 0);
    ck_assert_str_eq(got, "0 app:alike(depth = 5, tid = 6)\n"
                          "0 = void <?>\n"
                          "44     app:deep(depth = 9) depth_2 = 2, tid = 44\n"
                          "44     = void <0.000007> depth = 2, duration = 7000, tid = 44\n");
    ck_assert_uint_eq(counts.without_tid, 2);
}
END_TEST

/* ---- addresses ---- */

static const struct field ADDRESS[] = {{.name = "addr", .kind = VALUE_POINTER, .size = 8},
                                       {.name = "call_site", .kind = VALUE_POINTER, .size = 8}};
static const struct field MAPPED[] = {{.name = "baddr", .kind = VALUE_POINTER, .size = 8},
                                      {.name = "memsz", .kind = VALUE_INTEGER, .size = 8},
                                      {.name = "path", .kind = VALUE_STRING, .size = 8},
                                      {.name = "is_pic", .kind = VALUE_INTEGER, .size = 1}};

static bool name_address(void *data, const struct code_address *address, char *module,
                         size_t module_size, char *name, size_t name_size)
{
    (void)data;
    if (!address->path)
        return false;
    snprintf(module, module_size, "%s", address->path);
    snprintf(name, name_size, "at_%x",
             (unsigned)(address->is_pic ? address->address - address->base : address->address));
    return address->address != 0x5030;
}

START_TEST(functions_by_address)
{
    make_trace(3);
    uint32_t mapped = event_of("lttng_ust_statedump:bin_info", MAPPED, 4);
    uint32_t entry = event_of("lttng_ust_cyg_profile_fast:func_entry", ADDRESS, 1);
    uint32_t leave = event_of("lttng_ust_cyg_profile_fast:func_exit", NULL, 0);
    uint32_t with_site = event_of("lttng_ust_cyg_profile:func_entry", ADDRESS, 2);
    uint32_t leave_with_site = event_of("lttng_ust_cyg_profile:func_exit", ADDRESS, 2);
    hit.text = "/x/libone.so\0/x/two";
    record(mapped, 100, 4, UINT64_C(0x5000), UINT64_C(0x1000), UINT64_C(0), UINT64_C(1));
    record(mapped, 110, 4, UINT64_C(0x8000), UINT64_C(0x1000), UINT64_C(13), UINT64_C(0));
    record(entry, 200, 1, UINT64_C(0x5010));
    record(with_site, 300, 2, UINT64_C(0x8020), UINT64_C(0x5015));
    record(entry, 310, 1, UINT64_C(0x5030));
    record(leave, 320, 0);
    record(leave_with_site, 400, 2, UINT64_C(0x8020), UINT64_C(0x5015));
    record(leave, 500, 0);
    record(leave, 510, 0);
    record(entry, 600, 1, UINT64_C(0x9999));
    close_trace();
    expect_replay(&(struct trace_options){.path = directory, .name_code = name_address},
                  "11 /x/libone.so:at_10(addr = 0x5010)\n"
                  "11   /x/two:at_8020(addr = 0x8020, call_site = 0x5015)\n"
                  "11     libone.so:0x30(addr = 0x5030)\n"
                  "11     = void <0.000000>\n"
                  "11   } /x/two:at_8020 = {addr = 0x8020, call_site = 0x5015} <0.000000>\n"
                  "11 } /x/libone.so:at_10 = void <0.000000>\n"
                  "11 :0x9999(addr = 0x9999)\n");
}
END_TEST

/* A process tells again what it has mapped: when its session is started again, or as another
   program, which has the same library elsewhere, or no library of the former one. */
START_TEST(told_again)
{
    make_trace(3);
    uint32_t begins = event_of("lttng_ust_statedump:start", NULL, 0);
    uint32_t ends = event_of("lttng_ust_statedump:end", NULL, 0);
    uint32_t mapped = event_of("lttng_ust_statedump:bin_info", MAPPED, 4);
    uint32_t entry = event_of("lttng_ust_cyg_profile_fast:func_entry", ADDRESS, 1);
    uint32_t leave = event_of("lttng_ust_cyg_profile_fast:func_exit", NULL, 0);
    const uint64_t bases[] = {0x5000, 0x5000, 0x7000, 0x7000};
    uint64_t time = 100;
    for (int i = 0; i < 4; i++) {
        record(begins, time++, 0);
        hit.text = "/x/app\0/x/libone.so\0/x/libtwo.so";
        record(mapped, time++, 4, UINT64_C(0x400000), UINT64_C(0x1000), UINT64_C(0), UINT64_C(0));
        record(mapped, time++, 4, bases[i], UINT64_C(0x1000), UINT64_C(i < 3 ? 7 : 20),
               UINT64_C(1));
        record(ends, time++, 0);
        if (i == 1)
            record(leave, time++, 0);
        record(entry, time++, 1, bases[i] + 0x10);
    }
    close_trace();
    struct call_counts counts;
    const struct trace_options options = {.path = directory, .name_code = name_address};
    ck_assert_int_eq(replay_with(&options, &counts), 0);
    ck_assert_str_eq(got, "11 /x/libone.so:at_10(addr = 0x5010)\n"
                          "11 = void <0.000000>\n"
                          "11 /x/libone.so:at_10(addr = 0x5010)\n"
                          "11 /x/libone.so:at_10(addr = 0x7010)\n"
                          "11 /x/libtwo.so:at_10(addr = 0x7010)\n");
    ck_assert_uint_eq(counts.ends[CALL_RETURNED], 1);
    ck_assert_uint_eq(counts.ends[CALL_REPLACED], 2);
    ck_assert_uint_eq(counts.ends[CALL_AT_END], 1);
}
END_TEST

/* ---- losses ---- */

/* A record that never finds room: it is larger than all of the writer's memory. */
static void record_too_large(uint32_t event, uint64_t time)
{
    enum { TOO_LARGE = 32 << 20 };
    uint64_t offset = 0;
    char *text = calloc(1, TOO_LARGE);
    ck_assert_ptr_nonnull(text);
    memset(text, 'x', TOO_LARGE - 1);
    hit.time_ns = time;
    hit.n_values = 1;
    hit.values = &offset;
    hit.text = text;
    ck_assert_int_eq(ctf_channel_write(channel, event, &hit), -ENOBUFS);
    hit.text = "";
    free(text);
}

START_TEST(losses)
{
    make_trace(3);
    uint32_t entry = event_of("lib:f_entry", NULL, 0), leave = event_of("lib:f_exit", NULL, 0);
    uint32_t text = event_of("lib:g_entry", &ARGS[3], 1);
    record(entry, 100, 0);
    record(leave, 110, 0);
    record(entry, 120, 0);
    EXPECT_OK(ctf_trace_flush(trace, &error));
    record_too_large(text, 200);
    record_too_large(text, 210);
    EXPECT_OK(ctf_trace_flush(trace, &error));
    record(leave, 300, 0);
    record(entry, 400, 0);
    record(leave, 410, 0);
    record(leave, 420, 0);
    close_trace();
    struct call_counts counts;
    ck_assert_int_eq(replay_with(&(struct trace_options){.path = directory}, &counts), 0);
    ck_assert_uint_eq(counts.lost_events, 2);
    /* The losses were somewhere in the first packet, as far as the trace tells. */
    ck_assert_uint_eq(counts.no_duration, 2);
    ck_assert_uint_eq(counts.ends[CALL_RETURNED], 3);
    ck_assert_uint_eq(counts.lost_entries, 1);
    ck_assert_str_eq(got, "11 lib:f()\n11 = void <?>\n11 lib:f()\n11 = void <?>\n"
                          "11 lib:f()\n11 = void <0.000000>\n11 } lib:f = void <?>\n");
}
END_TEST

static int refuse(void *data, struct call *call, const struct trace_event *event)
{
    (void)data, (void)call, (void)event;
    return -ENOSPC;
}

START_TEST(stopped_by_a_callback)
{
    make_trace(3);
    record_calls();
    close_trace();
    struct trace_reader *reader;
    const struct call_visitor visitor = {.left = refuse};
    EXPECT_OK(trace_reader_open(&(struct trace_options){.path = directory}, &reader, &error));
    error.text[0] = '\0';
    ck_assert_int_eq(trace_reader_run(reader, &visitor, &error), -ENOSPC);
    ck_assert_str_eq(error.text, "");
    trace_reader_free(reader);
}
END_TEST

static void add_tests(TCase *tests)
{
    keep_plugin();
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, lines);
    tcase_add_test(tests, selected_functions);
    tcase_add_test(tests, range);
    tcase_add_test(tests, chosen_threads);
    tcase_add_test(tests, extra_fields);
    tcase_add_test(tests, functions_by_address);
    tcase_add_test(tests, told_again);
    tcase_add_test(tests, losses);
    tcase_add_test(tests, stopped_by_a_callback);
}

CHECK_MAIN("trace_reader", 30, add_tests)
