/* SPDX-License-Identifier: MIT */
/* ptrace_tracer.json: what is written is read; what is not ours is refused. */
#include "analysis/trace_notes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit/check_main.h"

static char directory[] = "/tmp/trace-notes-XXXXXX";
static char path[64];

static void setup(void)
{
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/ptrace_tracer.json", directory);
}

static void teardown(void)
{
    unlink(path);
    ck_assert_int_eq(rmdir(directory), 0);
}

static const struct probe probes[] = {
    {.provider = "app",
     .function = "operator\"\" _x\n\xff",
     .entry_event = "operator_entry",
     .module = "/tmp/\xc3\xa4pp",
     .entry = {0x1130},
     .source = SIGNATURE_DWARF,
     .signature = "void f(int)",
     .source_file = "/src/app.cc",
     .source_line = 12},
    {.provider = "app", .function = "g", .entry_event = "g_entry", .module = "/tmp/app"},
};

static void append_source(void *data, const char *event, const char *file, unsigned line)
{
    char *sources = data;
    sprintf(sources + strlen(sources), "%s %s %u\n", event, file, line);
}

static void add_module(void *data, const char *event, const char *module)
{
    char *seen = data;
    strcat(strcat(strcat(strcat(seen, event), " "), module), "\n");
}

static void append_other_name(void *data, const struct other_name *name)
{
    char *seen = data;
    sprintf(seen + strlen(seen), "%s %s\n", name->module, name->name);
}

START_TEST(what_is_written_is_read)
{
    static const struct other_name others[] = {{"/tmp/app", "a\xff\"pp"}, {"/tmp/app", "x"}};
    static const struct call_costs costs[COSTS_WAYS] = {{1, 20, 300, 1000000000, 3300},
                                                        {4, 5, 6, 7, 0}};
    static const struct call_costs none;
    static const struct probe *const list[] = {&probes[0], &probes[1]};
    char *command[] = {(char *)"ptrace_tracer", (char *)"\xff\"", NULL};
    struct trace_notes notes = {.version = "0.1",
                                .command = command,
                                .costs = _i ? costs : NULL,
                                .has_jumps = _i == 2,
                                .probes = list,
                                .n_probes = 2,
                                .other_names = others,
                                .n_other_names = (size_t)_i};
    struct call_costs read[COSTS_WAYS];
    struct error err;
    ck_assert_int_eq(trace_notes_write(directory, &notes, &err), 0);
    ck_assert_int_eq(trace_notes_read_costs(directory, read, &err), _i ? 0 : -ENODATA);
    if (_i)
        ck_assert_mem_eq(&read[COSTS_BY_STOP], &costs[COSTS_BY_STOP], sizeof(none));
    ck_assert_mem_eq(&read[COSTS_BY_JUMP], _i == 2 ? &costs[COSTS_BY_JUMP] : &none, sizeof(none));
    char modules[1024] = "", expected[1024] = "";
    ck_assert_int_eq(trace_notes_read_modules(directory, add_module, modules, &err), 0);
    for (int i = 0; i < 2; i++)
        sprintf(expected + strlen(expected), "%s:%s %s\n", probes[i].provider,
                probes[i].entry_event, probes[i].module);
    ck_assert_str_eq(modules, expected);
    /* Of the second one the place is not known. */
    char sources[1024] = "";
    ck_assert_int_eq(trace_notes_read_sources(directory, append_source, sources, &err), 0);
    ck_assert_str_eq(sources, "app:operator_entry /src/app.cc 12\n");
    char names[1024] = "";
    static const char *const read_names[] = {"", "/tmp/app a\\xff\"pp\n",
                                             "/tmp/app a\\xff\"pp\n/tmp/app x\n"};
    ck_assert_int_eq(trace_notes_read_other_names(directory, append_other_name, names, &err), 0);
    ck_assert_str_eq(names, read_names[_i]);
    /* It is never overwritten. */
    ck_assert_int_eq(trace_notes_write(directory, &notes, &err), -EEXIST);
}
END_TEST

START_TEST(switching_threads)
{
    char *command[] = {NULL};
    struct thread_set written = {0};
    struct pairing_notes read = {.started_once = _i != 1};
    struct trace_notes notes = {
        .version = "0.1", .command = command, .switching = &written, .started_once = _i == 1};
    struct error err;
    ck_assert_int_eq(thread_set_reserve(&written, 2), 0);
    for (int i = 0; i < _i; i++) {
        thread_set_add(&written, 1, 1 + i);
        thread_set_add(&written, 1, 1 + i);
    }
    ck_assert_int_eq(trace_notes_write(directory, &notes, &err), 0);
    ck_assert_int_eq(trace_notes_read_pairing(directory, &read, &err), 0);
    ck_assert(read.started_once == (_i == 1));
    ck_assert_uint_eq(read.unwound.count, 0);
    /* Of more than there was room for, any thread may be one. */
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(thread_set_has(&read.switching, 1, 1 + i), i < _i || _i > 2);
    ck_assert(thread_set_has(&read.switching, 2, 1) == (_i > 2));
    pairing_notes_free(&read);
    thread_set_free(&written);
}
END_TEST

START_TEST(unwound_calls)
{
    char *command[] = {NULL};
    struct unwound_calls written = {0};
    struct pairing_notes read = {0};
    struct trace_notes notes = {.version = "0.1", .command = command, .unwound = &written};
    const struct unwound_call calls[] = {
        {1, 2, unwound_calls_function("m", "f_entry"), 5},
        {1, 2, unwound_calls_function("m", "g_entry"), 5},
        {INT32_MAX, INT32_MAX, UINT32_MAX, INT64_MAX},
        {1, 1, 1, INT64_MAX},
    };
    struct error err;
    ck_assert_int_eq(unwound_calls_reserve(&written, 3), 0);
    for (int i = 0; i < 4; i++) /* there is no room for the last one */
        unwound_calls_add(&written, &calls[i]);
    ck_assert_int_eq(trace_notes_write(directory, &notes, &err), 0);
    ck_assert_int_eq(trace_notes_read_pairing(directory, &read, &err), 0);
    ck_assert_uint_eq(read.unwound.count, 3);
    for (int i = 0; i < 3; i++) {
        const struct unwound_call *call = &read.unwound.items[i];
        ck_assert(call->pid == calls[i].pid && call->tid == calls[i].tid &&
                  call->function == calls[i].function && call->clock_ns == calls[i].clock_ns);
    }
    ck_assert_uint_ne(calls[0].function, calls[1].function);
    pairing_notes_free(&read);
    unwound_calls_free(&written);
}
END_TEST

static const char *const bad_notes[] = {
    "\"switching_threads\": 5",
    "\"switching_threads\": {\"pid\": 1}",
    "\"switching_threads\": [5]",
    "\"switching_threads\": [{\"pid\": 1}]",
    "\"switching_threads\": [{\"pid\": 1, \"tid\": 0}]",
    "\"switching_threads\": [{\"pid\": 4294967297, \"tid\": 1}]",
    "\"switching_threads\": [{\"pid\": 1, \"tid\": \"1\"}]",
    "\"unwound\": 5",
    "\"unwound\": [5]",
    "\"unwound\": [[1, 2, 3]]",
    "\"unwound\": [[1, 2, 3, \"4\"]]",
    "\"unwound\": [[1, 2, 3, 4294967296]]",
    "\"unwound\": [[1, 2, -3, 4]]",
    "\"unwound\": [[1, 0, 3, 4]]",
    "\"unwound\": [[4294967297, 2, 3, 4]]",
    "\"unwound\": [[1, 2, 3, 4], [1, 2, 2, 4]]",
};

START_TEST(pairing_notes_of_others)
{
    struct pairing_notes read = {0};
    struct error err = {0};
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fprintf(file, "{\"format\": 1, %s}", bad_notes[_i]);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(trace_notes_read_pairing(directory, &read, &err), -EINVAL);
    pairing_notes_free(&read);
}
END_TEST

START_TEST(no_room)
{
    char *command[] = {NULL};
    struct trace_notes notes = {.version = "0.1", .command = command};
    struct call_costs costs[COSTS_WAYS];
    struct error err;
    ck_assert_int_eq(trace_notes_write("/proc/self/no-such-directory", &notes, &err), -ENOENT);
    ck_assert_int_eq(trace_notes_read_costs("/proc/self", costs, &err), -ENOENT);
    ck_assert_int_eq(symlink("/dev/full", path), 0);
    ck_assert_int_eq(trace_notes_write(directory, &notes, &err), -EEXIST);
}
END_TEST

#define COSTS "\"costs\": {\"entry_before_ns\": 1, \"entry_after_ns\": 1, \"exit_before_ns\": 1, "

static const struct {
    const char *text;
    int result;
} files[] = {
    {"{\"format\": 1, " COSTS "\"exit_after_ns\": 1}, \"later\": [null]}", 0},
    {"{\"format\": 1, " COSTS "\"exit_after_ns\": 1, \"stop_cpu_ns\": 5}}", 0},
    {"{\"format\": 1, " COSTS "\"exit_after_ns\": 1, \"stop_cpu_ns\": -5}}", -EINVAL},
    {"{\"format\": 1, " COSTS "\"exit_after_ns\": 1, \"stop_cpu_ns\": \"5\"}}", -EINVAL},
    {"{\"format\": 2, " COSTS "\"exit_after_ns\": 1}}", -EINVAL},
    {"{\"format\": 1, " COSTS "\"exit_after_ns\": -1}}", -EINVAL},
    {"{\"format\": 1, " COSTS "\"exit_after_ns\": 1000000001}}", -EINVAL},
    {"{\"format\": 1, " COSTS "\"exit_after_ns\": 1e3}}", -EINVAL},
    {"{\"format\": 1, " COSTS "\"exit_after_ns\": 99999999999999999999}}", -EINVAL},
    {"{\"format\": 1, " COSTS "\"x\": 1}}", -EINVAL},
    {"{\"format\": 1, " COSTS "\"exit_after_ns\": 1}, \"jump_costs\": 5}", -EINVAL},
    {"{\"format\": 1, " COSTS "\"exit_after_ns\": 1}, \"jump_costs\": {}}", -EINVAL},
    {"{\"format\": 1, \"costs\": 5}", -EINVAL},
    {"{\"format\": 1}", -ENODATA},
    {"{\"format\": 1, \"format\": 1}", -EINVAL},
    {"[1]", -EINVAL},
    {"5", -EINVAL},
    {"{", -EINVAL},
    {"", -EINVAL},
    {"\xff\xff", -EINVAL},
};

START_TEST(files_of_others)
{
    struct call_costs costs[COSTS_WAYS];
    struct error err = {0};
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(files[_i].text, file);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(trace_notes_read_costs(directory, costs, &err), files[_i].result);
    if (files[_i].result < 0)
        ck_assert_ptr_nonnull(strstr(err.text, "ptrace_tracer.json"));
}
END_TEST

START_TEST(deep_nesting)
{
    struct call_costs costs[COSTS_WAYS];
    struct error err;
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    for (int i = 0; i < 1000000; i++)
        putc('[', file);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(trace_notes_read_costs(directory, costs, &err), -EINVAL);
}
END_TEST

/* Nobody waits for one who writes. */
START_TEST(a_fifo)
{
    struct call_costs costs[COSTS_WAYS];
    struct error err;
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert_int_eq(trace_notes_read_costs(directory, costs, &err), -EINVAL);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, what_is_written_is_read, 0, 3);
    tcase_add_loop_test(tests, switching_threads, 0, 4);
    tcase_add_test(tests, unwound_calls);
    tcase_add_loop_test(tests, pairing_notes_of_others, 0,
                        sizeof(bad_notes) / sizeof(bad_notes[0]));
    tcase_add_test(tests, no_room);
    tcase_add_loop_test(tests, files_of_others, 0, sizeof(files) / sizeof(files[0]));
    tcase_add_test(tests, deep_nesting);
    tcase_add_test(tests, a_fifo);
}
CHECK_MAIN("trace_notes", 20, add_tests)
