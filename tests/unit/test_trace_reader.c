/* SPDX-License-Identifier: MIT */
/* Reads traces that our own CTF writer makes, and damaged ones. */
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

static void make_trace(size_t n_contexts)
{
    const struct ctf_trace_request request = {.directory = path, .clock_offset_ns = 1000000000};
    EXPECT_OK(ctf_writer_new(&writer, &error));
    EXPECT_OK(ctf_trace_new(writer, &request, &trace, &error));
    EXPECT_OK(
        ctf_trace_add_channel(trace, CONTEXTS + 3 - n_contexts, n_contexts, &channel, &error));
}

static uint32_t event_of(const char *name, const struct field *fields, size_t n)
{
    int event = ctf_writer_add_event(writer, name, fields, n);
    ck_assert_int_ge(event, 0);
    return (uint32_t)event;
}

static void record(uint32_t event, uint64_t time, unsigned n, ...)
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

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

static void close_trace(void)
{
    EXPECT_OK(ctf_trace_close(trace, &error));
}

/* Reads the trace as lines, into `got`. Returns what trace_reader_run() does. */
static int replay_with(const struct trace_options *options, struct call_counts *counts)
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

static void expect_replay(const struct trace_options *options, const char *expected)
{
    int rc = replay_with(options, NULL);
    ck_assert_msg(rc == 0, "%s", error.text);
    ck_assert_str_eq(got, expected);
}

static void expect_failure(const char *where, int code, const char *text)
{
    const struct trace_options options = {.path = where};
    ck_assert_int_eq(replay_with(&options, NULL), code);
    ck_assert_msg(strstr(error.text, text), "'%s' is not in '%s'", text, error.text);
    ck_assert_ptr_null(strchr(error.text, '\n'));
}

/* main calls f, in the times 100 to 400. */
static void record_calls(void)
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

/* ---- what cannot be read ---- */

static void write_file(const char *name, const char *text, size_t length)
{
    char file[256];
    snprintf(file, sizeof(file), "%s/%s", path, name);
    FILE *stream = fopen(file, "w");
    ck_assert_ptr_nonnull(stream);
    ck_assert_uint_eq(fwrite(text, 1, length, stream), length);
    fclose(stream);
}

START_TEST(not_there)
{
    expect_failure("/nonexistent/trace", -ENOENT, "cannot read /nonexistent/trace: No such file");
    expect_failure("/dev/null", -ENOTDIR, "/dev/null is not a directory");
    expect_failure(directory, -ENODATA, "there is no trace in");
    ck_assert_int_eq(mkdir(path, 0700), 0);
    char fifo[256];
    snprintf(fifo, sizeof(fifo), "%s/metadata", path);
    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    expect_failure(directory, -ENODATA, "there is no trace in");
}
END_TEST

START_TEST(damaged_metadata)
{
    static const unsigned char packets[64] = {0x57, 0x1d, 0xd1, 0x75};
    unsigned char wrong[64];
    ck_assert_int_eq(mkdir(path, 0700), 0);
    write_file("metadata", "", 0);
    expect_failure(directory, -EIO, "metadata: it is empty");
    write_file("metadata", "/* C", 4);
    expect_failure(directory, -EIO, "metadata: it is cut");
    write_file("metadata", "what is this?", 13);
    expect_failure(directory, -EIO, "metadata: it is no metadata of CTF 1.8");
    write_file("metadata", "/* CTF 1.8 */ trace { major", 27);
    expect_failure(directory, -EIO, "/metadata: it is cut or damaged");
    /* Packets of the size 0, longer than the file, and with less content than their header. */
    write_file("metadata", (const char *)packets, sizeof(packets));
    expect_failure(directory, -EIO, "metadata: it is cut or damaged");
    memcpy(wrong, packets, sizeof(wrong));
    wrong[25] = wrong[29] = 0x10;
    write_file("metadata", (const char *)wrong, sizeof(wrong));
    expect_failure(directory, -EIO, "metadata: it is cut or damaged");
    memcpy(wrong, packets, sizeof(wrong));
    wrong[24] = 8, wrong[29] = 2;
    write_file("metadata", (const char *)wrong, sizeof(wrong));
    expect_failure(directory, -EIO, "metadata: it is cut or damaged");
}
END_TEST

/* Finds a stream's file of the trace. */
static void stream_file(char *file, size_t size)
{
    for (int cpu = 0; cpu < 4096; cpu++) {
        snprintf(file, size, "%s/channel0_%d", path, cpu);
        if (access(file, F_OK) == 0)
            return;
    }
    ck_abort_msg("there is no stream in %s", path);
}

START_TEST(cut_stream)
{
    char file[256];
    make_trace(3);
    record_calls();
    close_trace();
    stream_file(file, sizeof(file));
    for (off_t size = 100; size > 0; size -= 90) {
        ck_assert_int_eq(truncate(file, size), 0);
        expect_failure(directory, -EIO, "it is cut or damaged");
        ck_assert_ptr_null(strstr(error.text, "User function"));
    }
}
END_TEST

/* libbabeltrace2 would look for packets behind it for ever. */
START_TEST(packet_without_size)
{
    enum { PACKET_SIZE = 56 }; /* where it is */
    static const char nothing[8];
    char file[256];
    make_trace(3);
    record_calls();
    close_trace();
    stream_file(file, sizeof(file));
    cleanup(cleanup_fd) int fd = open(file, O_WRONLY | O_CLOEXEC);
    ck_assert_int_eq(pwrite(fd, nothing, sizeof(nothing), PACKET_SIZE), sizeof(nothing));
    ck_assert_int_eq(ftruncate(fd, 4000), 0); /* the index does not fit any more */
    expect_failure(directory, -EIO, "it is cut or damaged");
}
END_TEST

START_TEST(no_functions)
{
    make_trace(3);
    record(event_of("app:something", RETS, 1), 100, 1, UINT64_C(1));
    record(event_of("no_provider_entry", RETS, 1), 110, 1, UINT64_C(1));
    record(event_of("app:_exit", RETS, 1), 120, 1, UINT64_C(1));
    close_trace();
    expect_failure(directory, -ENODATA, "there are no events of functions in");
}
END_TEST

static void read_file(const char *name, char *text, size_t size)
{
    char file[256];
    snprintf(file, sizeof(file), "%s/%s", path, name);
    FILE *stream = fopen(file, "r");
    ck_assert_ptr_nonnull(stream);
    size_t n = fread(text, 1, size - 1, stream);
    ck_assert_uint_gt(n, 0);
    text[n] = '\0';
    fclose(stream);
}

/* Events of the kernel are of no function. */
START_TEST(kernel_trace)
{
    make_trace(3);
    record(event_of("sched:switch", RETS, 1), 100, 1, UINT64_C(1));
    close_trace();
    static char metadata[16384], changed[sizeof(metadata) + 16];
    read_file("metadata", metadata, sizeof(metadata));
    const char *domain = strstr(metadata, "\"ust\"");
    ck_assert_ptr_nonnull(domain);
    int n = snprintf(changed, sizeof(changed), "%.*s\"kernel\"%s", (int)(domain - metadata),
                     metadata, domain + strlen("\"ust\""));
    ck_assert_int_lt(n, sizeof(changed));
    write_file("metadata", changed, (size_t)n);
    expect_failure(directory, -ENODATA, ": it is a trace of the kernel");
}
END_TEST

/* The metadata of CTF 2 are JSON. */
START_TEST(other_metadata)
{
    static const char *const texts[] = {"{\"type\": \"preamble\", \"version\": 2}\n",
                                        "\x1e{\"type\": \"preamble\", \"version\": 2}\n",
                                        "/* CTF 2.0 */ trace { major = 2; };"};
    ck_assert_int_eq(mkdir(path, 0700), 0);
    write_file("metadata", texts[_i], strlen(texts[_i]));
    expect_failure(directory, -EIO, "/metadata: it is no metadata of CTF 1.8");
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

/* Where LeakSanitizer names the module of a leak, the module must still be loaded. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:babeltrace-plugin-ctf\n";
}

static const bt_plugin *kept_plugin;

static void add_tests(TCase *tests)
{
    if (bt_plugin_find("ctf", BT_FALSE, BT_FALSE, BT_TRUE, BT_TRUE, BT_FALSE, &kept_plugin) !=
        BT_PLUGIN_FIND_STATUS_OK)
        abort();
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, lines);
    tcase_add_test(tests, selected_functions);
    tcase_add_test(tests, range);
    tcase_add_test(tests, chosen_threads);
    tcase_add_test(tests, extra_fields);
    tcase_add_test(tests, functions_by_address);
    tcase_add_test(tests, told_again);
    tcase_add_test(tests, losses);
    tcase_add_test(tests, not_there);
    tcase_add_test(tests, damaged_metadata);
    tcase_add_test(tests, cut_stream);
    tcase_add_test(tests, packet_without_size);
    tcase_add_test(tests, no_functions);
    tcase_add_test(tests, kernel_trace);
    tcase_add_loop_test(tests, other_metadata, 0, 3);
    tcase_add_test(tests, stopped_by_a_callback);
}

CHECK_MAIN("trace_reader", 30, add_tests)
