/* SPDX-License-Identifier: MIT */
#include "analysis/trace_notes.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/descriptors.h"
#include "util/json_text.h"
#include "util/text.h"

static const char FILE_NAME[] = "ptrace_tracer.json";

enum { FORMAT = 1, COST_MAX_NS = 1000000000, FILE_SIZE_MAX = 1 << 28, SWITCHING_MAX = 1 << 16 };

static char *notes_path(const char *directory)
{
    return text_format("%s/%s", directory, FILE_NAME);
}

/* ---- writing ---- */

static void write_member(FILE *stream, const char *name, const char *text)
{
    fprintf(stream, ", \"%s\": ", name);
    json_text_write(stream, text);
}

static void write_function(FILE *stream, const struct probe *probe)
{
    cleanup(cleanup_free) char *event = text_format("%s:%s", probe->provider, probe->entry_event);
    fputs("{\"event\": ", stream);
    json_text_write(stream, event ? event : "");
    write_member(stream, "function", probe->function);
    write_member(stream, "module", probe->module);
    fprintf(stream, ", \"address\": \"0x%" PRIx64 "\"", probe->entry.value);
    if (probe->source != SIGNATURE_NONE && probe->signature)
        write_member(stream, "signature", probe->signature);
    if (probe->source_file) {
        write_member(stream, "file", probe->source_file);
        fprintf(stream, ", \"line\": %u", probe->source_line);
    }
    putc('}', stream);
}

static void write_switching(FILE *stream, const struct thread_set *switching)
{
    fputs(",\n \"switching_threads\": [", stream);
    for (size_t i = 0; i < switching->count; i++)
        fprintf(stream, "%s{\"pid\": %d, \"tid\": %d}", i ? ", " : "", switching->items[i].pid,
                switching->items[i].tid);
    fprintf(stream, "], \"other_threads_switch\": %s", switching->has_all ? "true" : "false");
}

static void write_unwound_calls(FILE *stream, const struct unwound_calls *unwound)
{
    fputs(",\n \"unwound\": [", stream);
    for (size_t i = 0; i < unwound->count; i++) {
        const struct unwound_call *call = &unwound->items[i];
        fprintf(stream, "%s[%d, %d, %" PRIu64 ", %" PRIu32 "]", i ? ",\n  " : "", call->pid,
                call->tid, call->clock_ns, call->function);
    }
    putc(']', stream);
}

static void write_other_names(FILE *stream, const struct trace_notes *notes)
{
    fputs(",\n \"other_names\": [", stream);
    for (size_t i = 0; i < notes->n_other_names; i++) {
        fputs(i ? ",\n  {\"module\": " : "\n  {\"module\": ", stream);
        json_text_write(stream, notes->other_names[i].module);
        write_member(stream, "name", notes->other_names[i].name);
        putc('}', stream);
    }
    fputs("\n ]", stream);
}

static void write_costs(FILE *stream, const char *name, const struct call_costs *costs)
{
    fprintf(stream,
            ",\n \"%s\": {\"entry_before_ns\": %" PRIu32 ", \"entry_after_ns\": %" PRIu32
            ", \"exit_before_ns\": %" PRIu32 ", \"exit_after_ns\": %" PRIu32
            ", \"stop_cpu_ns\": %" PRIu32 "}",
            name, costs->entry_before, costs->entry_after, costs->exit_before, costs->exit_after,
            costs->stop_cpu);
}

static void write_notes(FILE *stream, const struct trace_notes *notes)
{
    const struct call_costs *costs = notes->costs;
    fprintf(stream, "{\"format\": %d", FORMAT);
    write_member(stream, "version", notes->version);
    fputs(",\n \"command\": [", stream);
    for (size_t i = 0; notes->command[i]; i++) {
        fputs(i ? ", " : "", stream);
        json_text_write(stream, notes->command[i]);
    }
    putc(']', stream);
    if (costs)
        write_costs(stream, "costs", &costs[COSTS_BY_STOP]);
    if (costs && notes->has_jumps)
        write_costs(stream, "jump_costs", &costs[COSTS_BY_JUMP]);
    if (notes->started_once)
        fputs(",\n \"started_once\": true", stream);
    if (notes->switching && (notes->switching->count || notes->switching->has_all))
        write_switching(stream, notes->switching);
    if (notes->unwound && notes->unwound->count)
        write_unwound_calls(stream, notes->unwound);
    fputs(",\n \"functions\": [", stream);
    for (size_t i = 0; i < notes->n_probes; i++) {
        fputs(i ? ",\n  " : "\n  ", stream);
        write_function(stream, notes->probes[i]);
    }
    fputs("\n ]", stream);
    if (notes->n_other_names)
        write_other_names(stream, notes);
    fputs("}\n", stream);
}

int trace_notes_write(const char *directory, const struct trace_notes *notes, struct error *err)
{
    cleanup(cleanup_free) char *path = notes_path(directory);
    if (!path)
        return error_set(err, -ENOMEM, "out of memory");
    cleanup(cleanup_fd) int fd = descriptors_open(path, O_WRONLY | O_CREAT | O_EXCL);
    FILE *stream = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (!stream) {
        int code = fd < 0 ? fd : -errno;
        return error_set(err, code, "cannot write %s: %s", path, strerror(-code));
    }
    take_fd(&fd);
    write_notes(stream, notes);
    int code = ferror(stream) ? -EIO : 0;
    if (fclose(stream) != 0)
        code = -errno;
    if (code == 0)
        return 0;
    unlink(path);
    return error_set(err, code, "cannot write %s: %s", path, strerror(-code));
}

/* ---- reading ---- */

static bool read_cost(const json_t *costs, const char *name, uint32_t *ns)
{
    const json_t *cost = json_object_get(costs, name);
    json_int_t value = json_integer_value(cost);
    if (!json_is_integer(cost) || value < 0 || value > COST_MAX_NS)
        return false;
    *ns = (uint32_t)value;
    return true;
}

static bool read_costs(const json_t *from, struct call_costs *costs)
{
    return read_cost(from, "entry_before_ns", &costs->entry_before) &&
           read_cost(from, "entry_after_ns", &costs->entry_after) &&
           read_cost(from, "exit_before_ns", &costs->exit_before) &&
           read_cost(from, "exit_after_ns", &costs->exit_after) &&
           (!json_object_get(from, "stop_cpu_ns") ||
            read_cost(from, "stop_cpu_ns", &costs->stop_cpu));
}

static int take_costs(const json_t *root, const char *path, struct call_costs *costs,
                      struct error *err)
{
    const json_t *stops = json_object_get(root, "costs");
    const json_t *jumps = json_object_get(root, "jump_costs");
    memset(costs, 0, COSTS_WAYS * sizeof(*costs));
    if (!stops)
        return error_set(err, -ENODATA, "%s has no costs", path);
    if (!read_costs(stops, &costs[COSTS_BY_STOP]) ||
        (jumps && !read_costs(jumps, &costs[COSTS_BY_JUMP])))
        return error_set(err, -EINVAL, "%s has no valid costs", path);
    return 0;
}

static FILE *open_notes(const char *path, int *code)
{
    struct stat status;
    cleanup(cleanup_fd) int fd = descriptors_open(path, O_RDONLY | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &status) < 0) {
        *code = fd < 0 ? fd : -errno;
        return NULL;
    }
    *code = !S_ISREG(status.st_mode) || status.st_size > FILE_SIZE_MAX ? -EINVAL : 0;
    FILE *stream = *code == 0 ? fdopen(fd, "r") : NULL;
    if (stream)
        take_fd(&fd);
    else if (*code == 0)
        *code = -errno;
    return stream;
}

/* The caller releases *root, and frees *path, also after an error. */
static int load_notes(const char *directory, char **path, json_t **root, struct error *err)
{
    json_error_t why;
    int code;
    *root = NULL;
    *path = notes_path(directory);
    if (!*path)
        return error_set(err, -ENOMEM, "out of memory");
    cleanup(cleanup_file) FILE *stream = open_notes(*path, &code);
    if (!stream)
        return error_set(err, code, "cannot read %s: %s", *path, strerror(-code));
    *root = json_loadf(stream, JSON_REJECT_DUPLICATES, &why);
    if (!*root)
        return error_set(err, -EINVAL, "cannot read %s: line %d: %s", *path, why.line, why.text);
    if (!json_is_object(*root) || json_integer_value(json_object_get(*root, "format")) != FORMAT)
        return error_set(err, -EINVAL, "%s is not a file of this tracer's", *path);
    return 0;
}

int trace_notes_read_costs(const char *directory, struct call_costs *costs, struct error *err)
{
    cleanup(cleanup_free) char *path = NULL;
    json_t *root;
    int code = load_notes(directory, &path, &root, err);
    if (code == 0)
        code = take_costs(root, path, costs, err);
    json_decref(root);
    return code;
}

static int take_switching(const json_t *root, const char *path, struct thread_set *switching,
                          struct error *err)
{
    const json_t *threads = json_object_get(root, "switching_threads");
    size_t n = json_array_size(threads);
    if (threads && !json_is_array(threads))
        return error_set(err, -EINVAL, "%s has no valid threads", path);
    switching->has_all =
        json_is_true(json_object_get(root, "other_threads_switch")) || n > SWITCHING_MAX;
    if (switching->has_all || n == 0)
        return 0;
    if (thread_set_reserve(switching, n) < 0)
        return error_set(err, -ENOMEM, "out of memory");
    for (size_t i = 0; i < n; i++) {
        const json_t *ids = json_array_get(threads, i);
        json_int_t pid = json_integer_value(json_object_get(ids, "pid"));
        json_int_t tid = json_integer_value(json_object_get(ids, "tid"));
        if (pid <= 0 || pid > INT32_MAX || tid <= 0 || tid > INT32_MAX)
            return error_set(err, -EINVAL, "%s has no valid threads", path);
        thread_set_add(switching, (pid_t)pid, (pid_t)tid);
    }
    return 0;
}

/* A number in the array, if it is from `least` to `most`. */
static bool read_number(const json_t *array, size_t index, json_int_t least, json_int_t most,
                        json_int_t *number)
{
    const json_t *value = json_array_get(array, index);
    *number = json_integer_value(value);
    return json_is_integer(value) && *number >= least && *number <= most;
}

static int take_unwound(const json_t *root, const char *path, struct unwound_calls *unwound,
                        struct error *err)
{
    const json_t *calls = json_object_get(root, "unwound");
    size_t n = json_array_size(calls);
    if ((calls && !json_is_array(calls)) || n > UNWOUND_CALLS_MAX)
        return error_set(err, -EINVAL, "%s has no valid unwound calls", path);
    if (n && unwound_calls_reserve(unwound, n) < 0)
        return error_set(err, -ENOMEM, "out of memory");
    for (size_t i = 0, last_ns = 0; i < n; i++) {
        const json_t *call = json_array_get(calls, i);
        json_int_t pid, tid, time, function;
        if (!read_number(call, 0, 1, INT32_MAX, &pid) ||
            !read_number(call, 1, 1, INT32_MAX, &tid) ||
            !read_number(call, 2, (json_int_t)last_ns, INT64_MAX, &time) ||
            !read_number(call, 3, 0, UINT32_MAX, &function))
            return error_set(err, -EINVAL, "%s has no valid unwound calls", path);
        last_ns = (uint64_t)time;
        unwound_calls_add(
            unwound, &(struct unwound_call){(pid_t)pid, (pid_t)tid, (uint32_t)function, last_ns});
    }
    return 0;
}

int trace_notes_read_pairing(const char *directory, struct pairing_notes *notes, struct error *err)
{
    cleanup(cleanup_free) char *path = NULL;
    json_t *root;
    int code = load_notes(directory, &path, &root, err);
    if (code == 0)
        code = take_switching(root, path, &notes->switching, err);
    if (code == 0)
        code = take_unwound(root, path, &notes->unwound, err);
    notes->started_once = code == 0 && json_is_true(json_object_get(root, "started_once"));
    json_decref(root);
    return code;
}

void pairing_notes_free(struct pairing_notes *notes)
{
    thread_set_free(&notes->switching);
    unwound_calls_free(&notes->unwound);
}

static char *join_words(const json_t *words)
{
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    if (!stream)
        return NULL;
    for (size_t i = 0; i < json_array_size(words); i++) {
        const char *word = json_string_value(json_array_get(words, i));
        fprintf(stream, "%s%s", i ? " " : "", word ? word : "");
    }
    if (fclose(stream) == 0)
        return text;
    free(text);
    return NULL;
}

int trace_notes_read_command(const char *directory, char **command, struct error *err)
{
    cleanup(cleanup_free) char *path = NULL;
    json_t *root;
    int code = load_notes(directory, &path, &root, err);
    const json_t *words = json_object_get(root, "command");
    *command = code == 0 && json_array_size(words) ? join_words(words) : NULL;
    if (code == 0 && !*command)
        code = json_array_size(words) ? error_set(err, -ENOMEM, "out of memory")
                                      : error_set(err, -ENODATA, "%s has no command", path);
    json_decref(root);
    return code;
}

/* Calls `take` for each function in the notes whose event is known. */
static int each_function(const char *directory,
                         void (*take)(void *data, const char *event, const json_t *function),
                         void *data, struct error *err)
{
    cleanup(cleanup_free) char *path = NULL;
    json_t *root;
    int code = load_notes(directory, &path, &root, err);
    const json_t *functions = json_object_get(root, "functions");
    for (size_t i = 0; code == 0 && i < json_array_size(functions); i++) {
        const json_t *function = json_array_get(functions, i);
        const char *event = json_string_value(json_object_get(function, "event"));
        if (event)
            take(data, event, function);
    }
    json_decref(root);
    return code;
}

struct module_reader {
    void (*add)(void *data, const char *event, const char *module);
    void *data;
};

static void read_module(void *data, const char *event, const json_t *function)
{
    const struct module_reader *reader = data;
    const char *module = json_string_value(json_object_get(function, "module"));
    if (module)
        reader->add(reader->data, event, module);
}

int trace_notes_read_modules(const char *directory,
                             void (*add)(void *data, const char *event, const char *module),
                             void *data, struct error *err)
{
    struct module_reader reader = {add, data};
    return each_function(directory, read_module, &reader, err);
}

int trace_notes_read_other_names(const char *directory,
                                 void (*add)(void *data, const struct other_name *name), void *data,
                                 struct error *err)
{
    cleanup(cleanup_free) char *path = NULL;
    json_t *root;
    int code = load_notes(directory, &path, &root, err);
    const json_t *names = json_object_get(root, "other_names");
    for (size_t i = 0; code == 0 && i < json_array_size(names); i++) {
        const json_t *from = json_array_get(names, i);
        const struct other_name name = {json_string_value(json_object_get(from, "module")),
                                        json_string_value(json_object_get(from, "name"))};
        if (name.module && name.name)
            add(data, &name);
    }
    json_decref(root);
    return code;
}

struct source_reader {
    void (*add)(void *data, const char *event, const char *file, unsigned line);
    void *data;
};

static void read_source_line(void *data, const char *event, const json_t *function)
{
    const struct source_reader *reader = data;
    const char *file = json_string_value(json_object_get(function, "file"));
    json_int_t line = json_integer_value(json_object_get(function, "line"));
    if (file)
        reader->add(reader->data, event, file, line > 0 && line <= INT32_MAX ? (unsigned)line : 0);
}

int trace_notes_read_sources(const char *directory,
                             void (*add)(void *data, const char *event, const char *file,
                                         unsigned line),
                             void *data, struct error *err)
{
    struct source_reader reader = {add, data};
    return each_function(directory, read_source_line, &reader, err);
}
