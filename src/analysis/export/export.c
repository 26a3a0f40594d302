/* SPDX-License-Identifier: MIT */
#include "analysis/export/export.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/export/value_json.h"
#include "util/arena.h"
#include "util/table.h"
#include "util/text.h"

/* The arguments of an open call. In a list, to be freed when the reading has failed. */
struct kept_text {
    struct kept_text *older, *newer;
    char text[];
};

struct running_export {
    struct export export;
    struct call_times times;
    struct table threads; /* by host, pid and tid */
    struct arena memory;  /* these */
    struct export_thread *last;
    uint32_t n_threads;
    uint64_t n_ids;
    uint64_t n_numbers;
    bool is_identified;
    struct kept_text *kept;
    FILE *scratch; /* into the text below, again and again */
    char *text;
    size_t text_size;
};

/* ---- threads and times ---- */

static uint64_t export_thread_key(uint32_t host, pid_t pid, pid_t tid)
{
    /* Thread IDs have at most 22 bits (PID_MAX_LIMIT, linux/threads.h). */
    return (uint64_t)host << 44 ^ (uint64_t)pid << 22 ^ (uint64_t)tid;
}

/* NULL: out of memory. */
static struct export_thread *export_thread_of(struct running_export *running,
                                              const struct traced_thread *thread)
{
    struct export_thread *found = running->last;
    if (!found || found->tid != thread->tid || found->pid != thread->pid ||
        found->host != thread->host) {
        uint64_t key = export_thread_key(thread->host, thread->pid, thread->tid);
        found = table_get(&running->threads, key);
        if (!found) {
            found = arena_alloc(&running->memory, sizeof(*found));
            if (!found || table_put(&running->threads, key, found) < 0)
                return NULL;
            found->number = running->n_threads++;
            found->timed.number = found->number;
            found->host = thread->host;
            found->pid = thread->pid;
            found->tid = thread->tid;
        }
        running->last = found;
    }
    memcpy(found->name, thread->name, sizeof(found->name));
    return found;
}

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* How long a call has taken until the last event of its thread, net. */
static uint64_t net_so_far(const struct call_time *time)
{
    uint64_t self_ns = time->self_ns > time->self_cost_ns ? time->self_ns - time->self_cost_ns : 0;
    return self_ns + time->inner_net_ns;
}

/*
 * The time of a moment for enter() and leave(). Net times are those of a clock for each thread,
 * which stands still while tracing takes time, and is right again when no call is open.
 */
static uint64_t timeline_ns(const struct export *export, const struct export_thread *thread,
                            uint64_t time_ns)
{
    const struct exported_call *top = thread->top;
    if (export->net && top) {
        uint64_t last_ns = thread->timed.last_ns;
        uint64_t since_ns = time_ns > last_ns ? time_ns - last_ns : 0;
        time_ns = top->begin_ns + net_so_far(&top->time) + since_ns;
    }
    return later(time_ns, thread->clock_ns);
}

/* Of the first event that is read. */
static void identify(struct running_export *running, uint64_t time_ns,
                     const struct export_thread *thread, const struct traced_function *function)
{
    const uint64_t numbers[] = {
        time_ns, thread ? export_thread_key(thread->host, thread->pid, thread->tid) : 0,
        running->export.net, running->export.options.selection};
    if (running->is_identified)
        return;
    running->is_identified = true;
    uint64_t hash = text_hash_bytes(TEXT_HASH_START, (const char *)numbers, sizeof(numbers));
    running->export.identity =
        function ? text_hash(text_hash(hash, function->module), function->name) : hash;
}

/* ---- the balanced form ---- */

static int leave_top(struct export *export, struct export_thread *thread, uint64_t now_ns,
                     enum call_end end, const struct trace_event *exit)
{
    struct exported_call *call = thread->top;
    if (export->format->has_no_empty_calls)
        now_ns = later(now_ns, call->begin_ns + 1);
    thread->top = call->below;
    thread->clock_ns = now_ns;
    call->is_placed = false;
    call->end = end;
    return call->id && export->format->leave ? export->format->leave(export, call, now_ns, exit)
                                             : 0;
}

/* Leaves all calls inside `outer` (NULL: all). Their time ends with the last event before, as in a
   report: what follows was their caller's. */
static int leave_inside(struct export *export, struct export_thread *thread,
                        const struct exported_call *outer)
{
    int rc = 0;
    while (rc == 0 && thread->top && thread->top != outer)
        rc = leave_top(export, thread, thread->clock_ns, CALL_UNWOUND, NULL);
    return rc;
}

/* ---- what is kept of open calls ---- */

static int keep_arguments(struct running_export *running, struct exported_call *call,
                          const struct trace_event *event)
{
    FILE *scratch = running->scratch;
    rewind(scratch);
    const struct export_format *format = running->export.format;
    int rc = 0;
    size_t n = 1;
    if (format->keep)
        rc = format->keep(&running->export, event, scratch);
    else if (format->write_arguments)
        n = format->write_arguments(scratch, event);
    else
        n = value_json_write(scratch, event, JSON_NUMBERS_EXACT);
    if (rc < 0 || n == 0)
        return rc;
    putc('\0', scratch);
    off_t size = ftello(scratch);
    if (size <= 0 || fflush(scratch) != 0)
        return -ENOMEM;
    struct kept_text *kept = malloc(sizeof(*kept) + (size_t)size);
    if (!kept)
        return -ENOMEM;
    memcpy(kept->text, running->text, (size_t)size);
    call->kept_size = (size_t)size - 1;
    kept->newer = NULL;
    kept->older = running->kept;
    if (kept->older)
        kept->older->newer = kept;
    running->kept = kept;
    call->kept = kept;
    call->arguments = kept->text;
    return 0;
}

static void drop_kept(struct running_export *running, struct kept_text *kept)
{
    if (!kept)
        return;
    if (kept->older)
        kept->older->newer = kept->newer;
    if (kept->newer)
        kept->newer->older = kept->older;
    else
        running->kept = kept->older;
    free(kept);
}

/* ---- calls ---- */

/* The number of the innermost exported call that is entered. */
static uint64_t top_number(const struct export_thread *thread)
{
    const struct exported_call *top = thread->top;
    return !top ? 0 : top->id ? top->number : top->outer_number;
}

/* A write error ends the reading. */
static int checked(const struct export *export, int rc)
{
    if (rc < 0 || !ferror(export->stream))
        return rc;
    return errno ? -errno : -EIO;
}

static int place_entered(struct running_export *running, struct exported_call *kept,
                         const struct call *call, const struct trace_event *event)
{
    struct export *export = &running->export;
    const struct exported_call *outer = call->parent ? call->parent->data : NULL;
    kept->function = call->function;
    kept->depth = call->depth;
    kept->entry_ns = call->entry_ns;
    if (outer) {
        kept->caller = call->parent->function;
        kept->parent_id = outer->id ? outer->id : outer->parent_id;
    }
    kept->outer_number = top_number(kept->thread);
    if (call->function->selected)
        kept->id = ++running->n_ids;
    kept->begin_ns = timeline_ns(export, kept->thread, call->entry_ns);
    kept->thread->clock_ns = kept->begin_ns;
    kept->below = kept->thread->top;
    kept->thread->top = kept;
    kept->is_placed = true;
    int rc = 0;
    if (kept->id && (export->format->keeps_arguments || export->format->keep))
        rc = keep_arguments(running, kept, event);
    if (rc == 0 && kept->id && export->format->enter)
        rc = export->format->enter(export, kept, kept->begin_ns, event);
    return rc;
}

static int export_entered(void *data, struct call *call, const struct trace_event *event)
{
    struct running_export *running = data;
    struct exported_call *kept = call->data;
    struct export_thread *thread = export_thread_of(running, call->thread);
    if (!thread ||
        (table_room(&running->times.nesting) == 0 && call_times_reserve(&running->times, 1) < 0))
        return -ENOMEM;
    kept->thread = thread;
    kept->number = ++running->n_numbers;
    identify(running, call->entry_ns, thread, call->function);
    int rc = leave_inside(&running->export, thread, call->parent ? call->parent->data : NULL);
    call_times_enter(&running->times, &thread->timed, &kept->time, call->function->id,
                     call->entry_ns, trace_event_costs(event, running->export.options.costs));
    if (rc == 0 && event && !call->before_range)
        rc = place_entered(running, kept, call, event);
    return checked(&running->export, rc);
}

/* The time of leave(): of a call without a certain end, that of the last event before. */
static uint64_t leave_ns(const struct export *export, const struct exported_call *kept,
                         const struct call *call, const struct trace_event *event)
{
    const struct export_thread *thread = kept->thread;
    if (!event && (call->end == CALL_AT_END || call->end == CALL_REPLACED))
        return timeline_ns(export, thread, call->end_ns);
    if (!event || !call->has_duration)
        return thread->clock_ns;
    uint64_t end_ns = export->net ? kept->begin_ns + (uint64_t)kept->times.net_ns : call->end_ns;
    return later(end_ns, thread->clock_ns);
}

static void fill_times(struct exported_call *kept, const struct call *call,
                       const struct trace_event *event)
{
    struct exported_call *caller = call->parent ? call->parent->data : NULL;
    kept->end = call->end;
    kept->resumed = call->resumed;
    kept->has_exit = event != NULL;
    kept->exit_ns = event ? call->end_ns : 0;
    kept->has_duration = kept->has_self = event && call->has_duration;
    if (!kept->has_duration)
        kept->times = (struct call_duration){0};
    if (caller && kept->has_duration && caller->function == kept->function) {
        caller->recursive_raw_ns += (int64_t)kept->times.raw_ns;
        caller->recursive_net_ns += kept->times.net_ns;
    }
}

static int export_left(void *data, struct call *call, const struct trace_event *event)
{
    struct running_export *running = data;
    struct export *export = &running->export;
    struct exported_call *kept = call->data;
    struct export_thread *thread = kept->thread;
    int rc = kept->is_placed ? leave_inside(export, thread, kept) : 0;
    kept->time.is_recorded =
        event && call->has_duration && event->layout->extras[EXTRA_DURATION] >= 0;
    kept->time.is_unknown = !call->has_duration;
    kept->time.recorded_ns = call->duration_ns;
    bool has_cpu = false;
    kept->time.cpu_ns = trace_event_cpu_time(event, &has_cpu);
    if (event)
        call_times_return(&running->times, &thread->timed, &kept->time, call->end_ns,
                          trace_event_costs(event, export->options.costs), &kept->times);
    uint64_t now_ns = kept->is_placed ? leave_ns(export, kept, call, event) : 0;
    if (!event)
        call_times_left(&running->times, &thread->timed, &kept->time);
    fill_times(kept, call, event);
    if (rc == 0 && kept->is_placed)
        rc = leave_top(export, thread, now_ns, call->end, event);
    if (rc == 0 && kept->id) {
        export->n_calls++;
        rc = export->format->call ? export->format->call(export, kept, event) : 0;
    }
    drop_kept(running, kept->kept);
    kept->kept = NULL;
    return checked(export, rc);
}

static int export_lone_exit(void *data, struct traced_thread *traced,
                            const struct trace_event *event, uint32_t depth,
                            const uint64_t *duration_ns)
{
    struct running_export *running = data;
    struct export *export = &running->export;
    struct export_thread *thread = export_thread_of(running, traced);
    struct exported_call call = {
        .function = event->function,
        .thread = thread,
        .depth = depth,
        .end = CALL_OPEN,
        .has_exit = true,
        .exit_ns = event->time_ns,
        .has_duration = duration_ns != NULL,
    };
    if (!thread)
        return -ENOMEM;
    if (traced->is_late_exit)
        return 0; /* its call was exported already */
    call.number = ++running->n_numbers;
    identify(running, event->time_ns, thread, event->function);
    if (!event->function->selected)
        return 0;
    call.outer_number = top_number(thread);
    if (duration_ns) {
        call.times.raw_ns = *duration_ns;
        call.times.net_ns = (int64_t)*duration_ns;
        bool has_cpu = false;
        uint64_t cpu_ns = trace_event_cpu_time(event, &has_cpu);
        cpu_ns = cpu_ns < *duration_ns ? cpu_ns : *duration_ns;
        call.times.has_cpu = cpu_ns > 0;
        call.times.cpu.raw_ns = call.times.cpu.net_ns = cpu_ns;
    }
    call.id = ++running->n_ids;
    export->n_calls++;
    thread->clock_ns = timeline_ns(export, thread, event->time_ns);
    int rc = export->format->call ? export->format->call(export, &call, event) : 0;
    if (rc == 0 && export->format->lone_exit)
        rc = export->format->lone_exit(export, &call, thread->clock_ns, event);
    return checked(export, rc);
}

static int export_gap(void *data, const struct trace_gap *gap)
{
    struct export *export = data;
    identify(data, gap->end_ns, NULL, NULL);
    return checked(export, export->format->gap ? export->format->gap(export, gap) : 0);
}

/* ---- */

struct export *export_new(const struct export_format *format, const struct export_options *options)
{
    struct running_export *running = calloc(1, sizeof(*running));
    if (!running)
        return NULL;
    running->export = (struct export){
        .format = format,
        .options = *options,
        .stream = options->stream,
        .net = options->costs != NULL,
    };
    running->scratch = open_memstream(&running->text, &running->text_size);
    if (running->scratch)
        return &running->export;
    free(running);
    return NULL;
}

void export_free(struct export *export)
{
    struct running_export *running = (struct running_export *)export;
    if (!export)
        return;
    if (export->state && export->format->release)
        export->format->release(export);
    while (running->kept)
        drop_kept(running, running->kept);
    fclose(running->scratch);
    free(running->text);
    call_times_free(&running->times);
    table_free(&running->threads);
    arena_free(&running->memory);
    free(running);
}

int export_begin(struct export *export)
{
    return checked(export, export->format->begin ? export->format->begin(export) : 0);
}

struct call_visitor export_visitor(struct export *export)
{
    return export->format->visitor ? export->format->visitor(export) : export_calls_visitor(export);
}

struct call_visitor export_calls_visitor(struct export *export)
{
    return (struct call_visitor){
        .data = export,
        .call_size = sizeof(struct exported_call),
        .entered = export_entered,
        .left = export_left,
        .lone_exit = export_lone_exit,
        .gap = export_gap,
    };
}

int export_end(struct export *export)
{
    return checked(export, export->format->end ? export->format->end(export) : 0);
}

/* ---- for formats ---- */

const char *export_end_word(const struct exported_call *call)
{
    static const char *const words[CALL_ENDS] = {
        [CALL_OPEN] = "no-entry",     [CALL_RETURNED] = "returned",   [CALL_UNWOUND] = "unwound",
        [CALL_LOST] = "lost",         [CALL_REPLACED] = "replaced",   [CALL_AT_END] = "at-end",
        [CALL_NO_EXITS] = "no-exits", [CALL_NO_THREAD] = "no-thread",
    };
    return call->end == CALL_RETURNED && !call->has_duration ? "uncertain" : words[call->end];
}

struct source_line export_source(const struct export *export,
                                 const struct traced_function *function)
{
    return export->options.source_of ? export->options.source_of(export->options.data, function)
                                     : (struct source_line){0};
}

char *export_function_name(const struct traced_function *function)
{
    return text_format("%s%s%s", function->module, *function->module ? ":" : "", function->name);
}
