/* SPDX-License-Identifier: MIT */
#include "analysis/trace_profile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/event_value.h"
#include "analysis/name_rows.h"
#include "model/profile.h"
#include "util/cleanup.h"
#include "util/table.h"
#include "util/text.h"
#include "util/vec.h"

/* What is kept of an open call; the reader zeroes it. */
struct profiled_call {
    struct call_time time;
    int64_t row; /* 1 + its row; 0: it is not known yet */
    /* The values at its entry of the condition's names. Texts are owned. */
    struct event_value values[];
};

/* Where the fields that are asked for are in the events of one layout: indices, or -1. */
struct layout_fields {
    bool is_known;
    int by;
    int names[CONDITION_NAMES_MAX];
};

struct trace_profile {
    struct trace_profile_options options;
    struct profile profile;
    struct call_times times;
    struct name_rows rows;
    VEC(int64_t) function_rows;     /* by the function's id: 1 + the row; 0: not known yet */
    struct table threads;           /* by struct traced_thread: struct timed_thread */
    struct arena memory;            /* these */
    struct timed_thread *last;      /* of the last event */
    const struct traced_thread *of; /* that one's thread */
    uint32_t n_threads;
    struct table thread_rows; /* by host, pid and tid: 1 + the row */
    VEC(struct layout_fields) layouts;
    size_t n_names;
    bool has_field;
    bool has_cpu;
    bool has_name[CONDITION_NAMES_MAX];
};

/* ---- Rows */

/* The row of that name, or -ENOMEM. */
static int64_t row_named(struct trace_profile *profile, const char *name)
{
    bool added;
    int64_t row = name ? name_rows_add(&profile->rows, name, &added) : -ENOMEM;
    if (row >= 0 && added && profile_add_row(&profile->profile) != row)
        return -ENOMEM;
    return row;
}

/* The row of the function, or of its module. */
static int64_t row_of_function(struct trace_profile *profile,
                               const struct traced_function *function)
{
    while (profile->function_rows.count <= function->id)
        if (!vec_push(&profile->function_rows))
            return -ENOMEM;
    int64_t *row = &profile->function_rows.items[function->id];
    if (*row > 0)
        return *row - 1;
    cleanup(cleanup_free) char *name =
        profile->options.by == BY_MODULE ? strdup(*function->module ? function->module : "(none)")
        : *function->module              ? text_format("%s:%s", function->module, function->name)
                                         : strdup(function->name);
    int64_t found = row_named(profile, name);
    *row = found < 0 ? 0 : found + 1;
    return found;
}

static int64_t row_of_caller(struct trace_profile *profile, const struct call *call,
                             const struct trace_event *event)
{
    int recorded = event ? event->layout->extras[EXTRA_CALLER] : -1;
    if (recorded >= 0) {
        cleanup(cleanup_free) char *name = event_value_text(event, recorded);
        return row_named(profile, name);
    }
    return call->parent ? row_of_function(profile, call->parent->function)
                        : row_named(profile, "(none)");
}

static int64_t row_of_thread(struct trace_profile *profile, const struct traced_thread *thread)
{
    /* Thread IDs have at most 22 bits (PID_MAX_LIMIT, linux/threads.h). */
    uint64_t key =
        (uint64_t)thread->host << 44 ^ (uint64_t)thread->pid << 22 ^ (uint64_t)thread->tid;
    int64_t row = (int64_t)(uintptr_t)table_get(&profile->thread_rows, key);
    if (row > 0)
        return row - 1;
    const char *space = *thread->name ? " " : "";
    cleanup(cleanup_free) char *name =
        thread->tid == 0 ? strdup("(unknown)")
        : thread->pid == 0
            ? text_format("%d%s%s", (int)thread->tid, space, thread->name)
            : text_format("%d/%d%s%s", (int)thread->pid, (int)thread->tid, space, thread->name);
    row = row_named(profile, name);
    if (row >= 0 && table_put(&profile->thread_rows, key, (void *)(uintptr_t)(row + 1)) < 0)
        return -ENOMEM;
    return row;
}

/* ---- Fields */

static const struct layout_fields *fields_of(struct trace_profile *profile,
                                             const struct event_layout *layout)
{
    while (profile->layouts.count <= layout->id)
        if (!vec_push(&profile->layouts))
            return NULL;
    struct layout_fields *fields = &profile->layouts.items[layout->id];
    if (fields->is_known)
        return fields;
    fields->is_known = true;
    fields->by =
        profile->options.by == BY_FIELD ? event_layout_field(layout, profile->options.field) : -1;
    profile->has_field |= fields->by >= 0;
    for (size_t i = 0; i < profile->n_names; i++) {
        fields->names[i] = event_layout_field(layout, condition_name(profile->options.fail, i));
        profile->has_name[i] |= fields->names[i] >= 0;
    }
    return fields;
}

/* The row of the value in the event, if it has one. 0: it has none; else 1 + the row. */
static int64_t row_of_value(struct trace_profile *profile, const struct layout_fields *fields,
                            const struct trace_event *event)
{
    if (fields->by < 0)
        return 0;
    cleanup(cleanup_free) char *name = event_value_text(event, fields->by);
    int64_t row = row_named(profile, name);
    return row < 0 ? row : row + 1;
}

static int keep_values(const struct trace_profile *profile, const struct layout_fields *fields,
                       const struct trace_event *event, struct profiled_call *kept)
{
    for (size_t i = 0; i < profile->n_names; i++) {
        kept->values[i] = event_value_of(event, fields->names[i]);
        if (kept->values[i].kind != EVENT_VALUE_TEXT)
            continue;
        kept->values[i].text = strdup(kept->values[i].text);
        if (!kept->values[i].text) {
            kept->values[i].kind = EVENT_VALUE_ABSENT;
            return -ENOMEM;
        }
    }
    return 0;
}

static void drop_values(const struct trace_profile *profile, struct profiled_call *kept)
{
    for (size_t i = 0; i < profile->n_names; i++)
        if (kept->values[i].kind == EVENT_VALUE_TEXT)
            free((char *)kept->values[i].text);
}

/* ---- Calls */

static struct timed_thread *thread_of(struct trace_profile *profile,
                                      const struct traced_thread *thread)
{
    /* The struct may be another thread's meanwhile: then no call of the earlier one is open. */
    if (profile->of == thread)
        return profile->last;
    struct timed_thread *timed = table_get(&profile->threads, (uintptr_t)thread);
    if (!timed) {
        timed = arena_alloc(&profile->memory, sizeof(*timed));
        if (!timed || table_put(&profile->threads, (uintptr_t)thread, timed) < 0)
            return NULL;
        timed->number = profile->n_threads++;
    }
    profile->of = thread;
    profile->last = timed;
    return timed;
}

/* Sets the row, if it is known at the entry. */
static int find_row(struct trace_profile *profile, const struct call *call,
                    const struct trace_event *event, struct profiled_call *kept)
{
    const struct layout_fields *fields = fields_of(profile, event->layout);
    if (!fields)
        return -ENOMEM;
    if (profile->options.by == BY_CALLER) {
        kept->row = row_of_caller(profile, call, event);
        kept->row += kept->row >= 0;
    } else {
        kept->row = row_of_value(profile, fields, event);
    }
    return kept->row < 0 ? (int)kept->row : keep_values(profile, fields, event, kept);
}

/* Calls of one kind do not count twice inside each other. Negative errno. */
static int64_t nesting_kind(struct trace_profile *profile, const struct call *call,
                            const struct profiled_call *kept)
{
    switch (profile->options.by) {
    case BY_FUNCTION:
        return call->function->id;
    case BY_MODULE:
        return row_of_function(profile, call->function);
    case BY_THREAD:
        return 0;
    default:
        return kept->row; /* 0: see count_ended() */
    }
}

static int on_entered(void *data, struct call *call, const struct trace_event *event)
{
    struct trace_profile *profile = data;
    struct profiled_call *kept = call->data;
    struct timed_thread *thread = thread_of(profile, call->thread);
    int64_t kind = 0;
    int r = thread ? 0 : -ENOMEM;
    if (r == 0 && event && call->function->selected && !call->before_range)
        r = find_row(profile, call, event, kept);
    if (r == 0 && (kind = nesting_kind(profile, call, kept)) < 0)
        r = (int)kind;
    if (r == 0 && table_room(&profile->times.nesting) == 0)
        r = call_times_reserve(&profile->times, 1);
    if (r == 0)
        call_times_enter(&profile->times, thread, &kept->time, (uint32_t)kind, call->entry_ns,
                         trace_event_costs(event, profile->options.costs));
    return r;
}

/* The row of a call that has ended. */
static int64_t row_of_call(struct trace_profile *profile, const struct traced_function *function,
                           const struct traced_thread *thread, const struct trace_event *event)
{
    switch (profile->options.by) {
    case BY_THREAD:
        return row_of_thread(profile, thread);
    case BY_FIELD: {
        const struct layout_fields *fields = event ? fields_of(profile, event->layout) : NULL;
        int64_t row = fields ? row_of_value(profile, fields, event) : 0;
        return row == 0 ? row_named(profile, "(none)") : row - (row > 0);
    }
    case BY_CALLER:
        return row_named(profile, "(none)");
    default:
        return row_of_function(profile, function);
    }
}

static bool has_failed(struct trace_profile *profile, const struct event_value *at_entry,
                       const struct trace_event *event)
{
    struct event_value values[CONDITION_NAMES_MAX];
    if (!profile->options.fail || !event)
        return false;
    const struct layout_fields *fields = fields_of(profile, event->layout);
    for (size_t i = 0; i < profile->n_names; i++) {
        values[i] = event_value_of(event, fields ? fields->names[i] : -1);
        if (values[i].kind == EVENT_VALUE_ABSENT && at_entry)
            values[i] = at_entry[i];
    }
    return condition_holds(profile->options.fail, values) == TRUTH_YES;
}

static int add_duration(struct trace_profile *profile, int64_t row,
                        const struct call_duration *duration)
{
    if (histogram_pool_left(&profile->profile.pool) == 0 &&
        profile_reserve(&profile->profile, 1) < 0)
        return -ENOMEM;
    profile_add_duration(&profile->profile, (size_t)row, duration);
    return 0;
}

static int count_ended(struct trace_profile *profile, struct call *call,
                       const struct trace_event *event, struct call_duration *duration)
{
    struct profiled_call *kept = call->data;
    /* Which exit is its own is not known: one with the field counts for it. */
    if (call->end == CALL_NO_THREAD && profile->options.by == BY_FIELD && kept->row == 0 &&
        call->function->has_exits)
        return 0;
    int64_t row =
        kept->row > 0 ? kept->row - 1 : row_of_call(profile, call->function, call->thread, event);
    if (row < 0)
        return (int)row;
    struct profile_row *counted = &profile->profile.rows.items[row];
    counted->calls++;
    counted->failed += has_failed(profile, kept->values, event);
    if (kept->row == 0 && (profile->options.by == BY_FIELD || profile->options.by == BY_CALLER)) {
        /* The row was not known at the entry, and so it is not which calls inside are in it. */
        duration->nested_raw_ns = 0;
        duration->nested_net_ns = 0;
        duration->nested_cpu = (struct call_cpu){0};
    }
    return call->has_duration ? add_duration(profile, row, duration) : 0;
}

static int on_left(void *data, struct call *call, const struct trace_event *event)
{
    struct trace_profile *profile = data;
    struct profiled_call *kept = call->data;
    struct timed_thread *thread = thread_of(profile, call->thread);
    struct call_duration duration = {0};
    if (!thread)
        return -ENOMEM;
    kept->time.is_recorded =
        event && call->has_duration && event->layout->extras[EXTRA_DURATION] >= 0;
    kept->time.is_unknown = !call->has_duration;
    kept->time.recorded_ns = call->duration_ns;
    kept->time.cpu_ns = trace_event_cpu_time(event, &profile->has_cpu);
    if (event)
        call_times_return(&profile->times, thread, &kept->time, call->end_ns,
                          trace_event_costs(event, profile->options.costs), &duration);
    else
        call_times_left(&profile->times, thread, &kept->time);
    int r = 0;
    if (call->function->selected && !call->before_range)
        r = count_ended(profile, call, event, &duration);
    drop_values(profile, kept);
    return r;
}

/* Where threads are not known, each exit is a lone one, and each entry a call. */
static bool is_counted_by_entry(struct trace_profile *profile, const struct traced_thread *thread,
                                const struct trace_event *event)
{
    const struct layout_fields *fields =
        profile->options.by == BY_FIELD ? fields_of(profile, event->layout) : NULL;
    return thread->is_late_exit ||
           (thread->tid == 0 && event->function->has_entries && (!fields || fields->by < 0));
}

static int on_lone_exit(void *data, struct traced_thread *thread, const struct trace_event *event,
                        uint32_t depth, const uint64_t *duration_ns)
{
    struct trace_profile *profile = data;
    (void)depth;
    if (!event->function->selected)
        return 0;
    /* Its call was counted in another row. */
    if (thread->is_late_exit &&
        (profile->options.by == BY_FIELD || profile->options.by == BY_CALLER))
        return 0;
    int64_t row = row_of_call(profile, event->function, thread, event);
    if (row < 0)
        return (int)row;
    struct profile_row *counted = &profile->profile.rows.items[row];
    counted->calls += !is_counted_by_entry(profile, thread, event);
    counted->failed += has_failed(profile, NULL, event);
    if (!duration_ns)
        return 0;
    /* How much of it was its own is not known. */
    uint64_t cpu_ns = trace_event_cpu_time(event, &profile->has_cpu);
    cpu_ns = cpu_ns < *duration_ns ? cpu_ns : *duration_ns;
    const struct call_duration duration = {
        .raw_ns = *duration_ns,
        .net_ns = (int64_t)*duration_ns,
        .has_cpu = cpu_ns > 0,
        .cpu = {cpu_ns, *duration_ns - cpu_ns, cpu_ns, *duration_ns - cpu_ns},
    };
    return add_duration(profile, row, &duration);
}

/* ---- */

struct trace_profile *trace_profile_new(const struct trace_profile_options *options)
{
    struct trace_profile *profile = calloc(1, sizeof(*profile));
    if (!profile)
        return NULL;
    profile->options = *options;
    profile->profile.net = options->costs != NULL;
    profile->has_field = options->by != BY_FIELD;
    profile->rows.most = options->by == BY_FIELD ? PROFILE_VALUES_MAX : 0;
    while (options->fail && condition_name(options->fail, profile->n_names))
        profile->n_names++;
    return profile;
}

void trace_profile_free(struct trace_profile *profile)
{
    if (!profile)
        return;
    profile_free(&profile->profile);
    call_times_free(&profile->times);
    name_rows_free(&profile->rows);
    vec_free(&profile->function_rows);
    vec_free(&profile->layouts);
    table_free(&profile->threads);
    table_free(&profile->thread_rows);
    arena_free(&profile->memory);
    free(profile);
}

struct call_visitor trace_profile_visitor(struct trace_profile *profile)
{
    return (struct call_visitor){
        .data = profile,
        .call_size = sizeof(struct profiled_call) + profile->n_names * sizeof(struct event_value),
        .entered = on_entered,
        .left = on_left,
        .lone_exit = on_lone_exit,
    };
}

struct profile_line *trace_profile_lines(const struct trace_profile *profile, size_t *n)
{
    size_t most = profile->rows.names.count;
    struct profile_line *lines = calloc(most + 1, sizeof(*lines));
    *n = 0;
    for (size_t i = 0; lines && i < most && i < profile->profile.rows.count; i++) {
        if (profile->profile.rows.items[i].calls == 0)
            continue;
        lines[*n] = profile_line_of(&profile->profile, i, profile->rows.names.items[i]);
        lines[*n].is_rest = (int64_t)i + 1 == profile->rows.others;
        ++*n;
    }
    return lines;
}

bool trace_profile_has_cpu(const struct trace_profile *profile)
{
    return profile->has_cpu;
}

bool trace_profile_has_field(const struct trace_profile *profile)
{
    return profile->has_field;
}

const char *trace_profile_unknown_name(const struct trace_profile *profile)
{
    for (size_t i = 0; i < profile->n_names; i++)
        if (!profile->has_name[i])
            return condition_name(profile->options.fail, i);
    return NULL;
}
