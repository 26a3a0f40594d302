/* SPDX-License-Identifier: MIT */
/* Traces that our own CTF writer makes, and how the reader shows them. */
#ifndef UNIT_READ_TRACES_H
#define UNIT_READ_TRACES_H

#include <babeltrace2/babeltrace.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>

#include "analysis/event_source.h"
#include "analysis/replay.h"
#include "analysis/trace_reader.h"
#include "unit/ctf_traces.h"
#include "util/cleanup.h"
#include "util/load.h"

extern const struct event_source_api event_source_api;

/* The test is linked with the library's objects. */
const void *load_symbol(const char *name, const char *symbol, const char *needs, struct error *err)
{
    ck_assert_str_eq(name, "ptrace_tracer_reader");
    ck_assert_str_eq(symbol, "event_source_api");
    (void)needs, (void)err;
    return &event_source_api;
}

static const struct enum_label LABELS[] = {{"RED", 0}, {"GREEN", 5}, {"DARK", (uint64_t)-3}};
static const struct enum_type COLOR = {.name = "color", .n_labels = 3, .labels = LABELS};
static const struct field ARGS[] = {
    {.name = "n", .kind = VALUE_INTEGER, .size = 4, .is_signed = true},
    {.name = "f", .kind = VALUE_FLOAT, .size = 4},
    {.name = "p", .kind = VALUE_POINTER, .size = 8},
    {.name = "s", .kind = VALUE_STRING, .size = 8},
    {.name = "color", .kind = VALUE_ENUM, .size = 4, .is_signed = true, .enumeration = &COLOR},
    {.name = "b", .kind = VALUE_BOOL, .size = 1},
};
static const struct field RETS[] = {{.name = "retval", .kind = VALUE_INTEGER, .size = 8}};
/* Parameters that have the names and types of extra fields. */
static const struct field ALIKE[] = {
    {.name = "depth", .kind = VALUE_INTEGER, .size = 4},
    {.name = "tid", .kind = VALUE_INTEGER, .size = 4, .is_signed = true},
};
static const struct field WITH_EXTRAS[] = {
    {.name = "depth", .kind = VALUE_INTEGER, .size = 4},
    {.name = "depth_2", .kind = VALUE_INTEGER, .size = 4},
    {.name = "tid", .kind = VALUE_INTEGER, .size = 4, .is_signed = true},
};
static const struct field EXIT_EXTRAS[] = {
    {.name = "depth", .kind = VALUE_INTEGER, .size = 4},
    {.name = "duration", .kind = VALUE_INTEGER, .size = 8},
    {.name = "tid", .kind = VALUE_INTEGER, .size = 4, .is_signed = true},
};

static struct hit hit = {.pid = 10, .tid = 11, .thread_name = "worker", .text = ""};
static char got[65536];

static const enum ctf_context CONTEXTS[] = {CTF_CONTEXT_VPID, CTF_CONTEXT_VTID,
                                            CTF_CONTEXT_PROCNAME};

static inline void make_trace(size_t n_contexts)
{
    const struct ctf_trace_request request = {.directory = path, .clock_offset_ns = 1000000000};
    EXPECT_OK(ctf_writer_new(&writer, &error));
    EXPECT_OK(ctf_trace_new(writer, &request, &trace, &error));
    EXPECT_OK(
        ctf_trace_add_channel(trace, CONTEXTS + 3 - n_contexts, n_contexts, &channel, &error));
}

static inline uint32_t event_of(const char *name, const struct field *fields, size_t n)
{
    int event = ctf_writer_add_event(writer, name, fields, n);
    ck_assert_int_ge(event, 0);
    return (uint32_t)event;
}

static inline void record(uint32_t event, uint64_t time, unsigned n, ...)
{
    uint64_t values[8];
    va_list args;
    va_start(args, n);
    for (unsigned i = 0; i < n; i++)
        values[i] = va_arg(args, uint64_t);
    va_end(args);
    hit.time_ns = time;
    hit.n_values = n;
    hit.values = values;
    ck_assert_int_eq(ctf_channel_write(channel, event, &hit), 1);
}

static inline uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

static inline void close_trace(void)
{
    EXPECT_OK(ctf_trace_close(trace, &error));
}

/* Reads the trace as lines, into `got`. Returns what trace_reader_run() does. */
static inline int replay_with(const struct trace_options *options, struct call_counts *counts)
{
    struct trace_reader *reader = NULL;
    got[0] = '\0';
    FILE *stream = fmemopen(got, sizeof(got), "w");
    struct replay *replay = replay_new(stream, false);
    ck_assert(stream && replay);
    int rc = trace_reader_open(options, &reader, &error);
    if (rc == 0)
        rc = trace_reader_run(reader, replay_visitor(replay), &error);
    if (rc == 0 && counts)
        *counts = *trace_reader_counts(reader);
    trace_reader_free(reader);
    replay_free(replay);
    fclose(stream);
    return rc;
}

static inline void expect_replay(const struct trace_options *options, const char *expected)
{
    int rc = replay_with(options, NULL);
    ck_assert_msg(rc == 0, "%s", error.text);
    ck_assert_str_eq(got, expected);
}

static inline void expect_failure(const char *where, int code, const char *text)
{
    const struct trace_options options = {.path = where};
    ck_assert_int_eq(replay_with(&options, NULL), code);
    ck_assert_msg(strstr(error.text, text), "'%s' is not in '%s'", text, error.text);
    ck_assert_ptr_null(strchr(error.text, '\n'));
}

/* main calls f, in the times 100 to 400. */
static inline void record_calls(void)
{
    uint32_t main_entry = event_of("app:main_entry", NULL, 0);
    uint32_t main_exit = event_of("app:main_exit", RETS, 1);
    uint32_t f_entry = event_of("lib:f_entry", ARGS, 6);
    uint32_t f_exit = event_of("lib:f_exit", NULL, 0);
    record(main_entry, 100, 0);
    hit.text = "\0it\n\x1b[1m";
    record(f_entry, 200, 6, (uint64_t)-7, bits_of(1.5), UINT64_C(0xabc), UINT64_C(1), (uint64_t)-3,
           UINT64_C(1));
    record(f_exit, 300, 0);
    record(f_entry, 310, 6, UINT64_C(7), bits_of(-0.1f), UINT64_C(0), UINT64_C(0), UINT64_C(9),
           UINT64_C(0));
    record(f_exit, 1300, 0);
    record(main_exit, 1400, 1, UINT64_C(3));
}

/* Where LeakSanitizer names the module of a leak, the module must still be loaded. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:babeltrace-plugin-ctf\n";
}

static const bt_plugin *kept_plugin;

static inline void keep_plugin(void)
{
    if (bt_plugin_find("ctf", BT_FALSE, BT_FALSE, BT_TRUE, BT_TRUE, BT_FALSE, &kept_plugin) !=
        BT_PLUGIN_FIND_STATUS_OK)
        abort();
}

#endif
