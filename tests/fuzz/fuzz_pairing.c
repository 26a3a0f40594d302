/* SPDX-License-Identifier: MIT */
/*
 * Bytes of the input are events of a few functions and threads, some of them with depths and
 * durations, losses and stops. However they follow each other, each event is counted once, no call
 * has a time that is not between its events, profile, graph and export have all calls, and those of
 * an export are balanced.
 *
 * FUZZ_SHOW=yes prints the calls.
 */
#include "fuzz/fuzz.h"

#include "analysis/call_graph.h"
#include "analysis/call_pairing.h"
#include "analysis/export/export.h"
#include "analysis/trace_profile.h"
#include "util/vec.h"

/* OTHERS: what is no event begins with such a byte. */
enum { FUNCTIONS = 6, DEPTHS = 8, OTHERS = 0xe0, ALIVE = 0x600d };

enum { HAS_DEPTH = 1, HAS_DURATION = 2, RUNS_ON = 4 };

/* What is kept of a call. */
struct kept {
    unsigned alive;
};

struct run {
    struct call_counts counts;
    /* That were sent, in the range. */
    uint64_t entries, exits;
    uint64_t entered, left, returned, open;
    uint64_t lone, lone_known; /* exits, and those of known threads */
    uint64_t recorded;         /* duration of the exit that is being sent; 0: none */
    uint64_t time;
    bool in_range, shows;
};

static bool is_alive(const struct call *call)
{
    return ((struct kept *)call->data)->alive == ALIVE;
}

static int on_entered(void *data, struct call *call, const struct trace_event *event)
{
    struct run *run = data;
    struct kept *kept = call->data;
    FUZZ_CHECK(run->in_range && kept->alive == 0 && call->end == CALL_OPEN);
    FUZZ_CHECK(call->before_range == !event && !call->has_duration);
    FUZZ_CHECK(!call->parent || is_alive(call->parent));
    kept->alive = ALIVE;
    run->entered++;
    run->open++;
    if (run->shows)
        printf("%d %*s%s(\n", call->thread->tid, 2 * (int)call->depth, "", call->function->name);
    return 0;
}

static void check_times(const struct run *run, const struct call *call,
                        const struct trace_event *event)
{
    FUZZ_CHECK(call->end_ns >= call->entry_ns);
    FUZZ_CHECK((call->end == CALL_RETURNED) == (event != NULL));
    FUZZ_CHECK(call->has_duration || call->duration_ns == 0);
    if (!call->has_duration)
        return;
    FUZZ_CHECK(event && event->function == call->function);
    FUZZ_CHECK(call->duration_ns ==
               (run->recorded ? run->recorded : event->time_ns - call->entry_ns));
}

static int on_left(void *data, struct call *call, const struct trace_event *event)
{
    struct run *run = data;
    struct kept *kept = call->data;
    FUZZ_CHECK(run->in_range && kept->alive == ALIVE && call->end != CALL_OPEN);
    FUZZ_CHECK(!call->parent || is_alive(call->parent));
    check_times(run, call, event);
    run->left++;
    run->open--;
    run->returned += event != NULL;
    if (run->shows)
        printf("%d %*s)%s %d %llu\n", call->thread->tid, 2 * (int)call->exit_depth, "",
               call->function->name, call->end, (unsigned long long)call->duration_ns);
    kept->alive = 0;
    return 0;
}

static int on_lone_exit(void *data, struct traced_thread *thread, const struct trace_event *event,
                        uint32_t depth, const uint64_t *duration_ns)
{
    struct run *run = data;
    (void)event, (void)depth;
    FUZZ_CHECK(run->in_range);
    FUZZ_CHECK(!duration_ns || *duration_ns == run->recorded);
    run->lone++;
    run->lone_known += thread->tid != 0;
    return 0;
}

static uint64_t values[2]; /* depth and duration of the event that is being sent */

static uint64_t value_of(const struct trace_event *event, size_t i, const char **text)
{
    (void)event;
    *text = NULL;
    return values[i];
}

/* Depths and durations as --with records them, or without. */
static struct event_layout layout_of(enum hit_kind kind, unsigned flags)
{
    struct event_layout layout = {.id = (uint32_t)kind, .kind = kind, .value = value_of};
    for (int i = 0; i < PROBE_EXTRAS_MAX; i++)
        layout.extras[i] = -1;
    if (flags & HAS_DEPTH)
        layout.extras[EXTRA_DEPTH] = 0;
    if (flags & HAS_DURATION && kind == HIT_EXIT)
        layout.extras[EXTRA_DURATION] = 1;
    return layout;
}

static struct traced_function *function_at(struct function_table *functions, unsigned number)
{
    static const char *const names[FUNCTIONS] = {"main", "a", "b", "c", "entry_only", "main"};
    struct traced_function *function = function_table_intern(
        functions, number == FUNCTIONS - 1 ? "n" : "m", names[number], FUNCTION_BY_NAME);
    if (!function)
        abort();
    function->has_entries = true;
    function->has_exits = number != 4;
    return function;
}

static void send_event(struct call_pairing *pairing, struct function_table *functions,
                       struct run *run, struct fuzz_input *input)
{
    uint8_t what = fuzz_byte(input), flags = fuzz_byte(input);
    struct event_layout layout = layout_of(what & 1 ? HIT_EXIT : HIT_ENTRY, flags);
    struct event_origin origin = {.pid = 1, .tid = what >> 1 & 3, .thread_name = ""};
    struct trace_event event = {
        .layout = &layout,
        .function = function_at(functions, (what >> 3) % FUNCTIONS),
        .time_ns = run->time,
    };
    values[0] = (flags >> 3) % DEPTHS;
    values[1] = flags & HAS_DURATION ? flags >> 3 : 0;
    run->recorded = layout.extras[EXTRA_DURATION] >= 0 ? values[1] : 0;
    run->entries += run->in_range && layout.kind == HIT_ENTRY;
    run->exits += run->in_range && layout.kind == HIT_EXIT;
    if (call_pairing_event(pairing, &event, &origin) != 0)
        abort();
    run->time += flags & RUNS_ON ? 0 : 1 + (what >> 5);
}

static void send_other(struct call_pairing *pairing, struct run *run, struct fuzz_input *input)
{
    const struct event_origin origin = {.pid = 1, .tid = 1, .thread_name = ""};
    uint8_t what = fuzz_byte(input);
    uint64_t now = run->time;
    struct trace_gap gap = {.begin_ns = now, .end_ns = now + (what >> 4), .is_pause = what & 1};
    int rc = 0;
    if (what % 16 == 0)
        rc = call_pairing_replaced(pairing, &origin, now);
    else if (what % 8 == 1 && !run->in_range)
        rc = (run->in_range = true, call_pairing_begin_range(pairing));
    else
        rc = call_pairing_gap(pairing, &gap, what >> 1 & 1);
    if (rc != 0)
        abort();
}

static void check_lines(const struct trace_profile *profile, uint64_t calls)
{
    size_t n;
    struct profile_line *lines = trace_profile_lines(profile, &n);
    FUZZ_CHECK(lines);
    for (size_t i = 0; i < n; i++) {
        const uint64_t *column = lines[i].values;
        FUZZ_CHECK(column[PROFILE_CALLS] <= calls);
        calls -= column[PROFILE_CALLS];
        FUZZ_CHECK(!lines[i].has_times || (column[PROFILE_P50] <= column[PROFILE_P99] &&
                                           column[PROFILE_P99] <= column[PROFILE_MAX]));
    }
    FUZZ_CHECK(calls == 0);
    free(lines);
}

static uint64_t calls_below(const struct call_graph *graph, uint32_t index)
{
    uint64_t calls = 0;
    for (uint32_t child = call_graph_node(graph, index)->first; child;
         child = call_graph_node(graph, child)->next) {
        const struct graph_node *node = call_graph_node(graph, child);
        FUZZ_CHECK(node->returned <= node->calls && node->parent == index);
        calls += node->calls + calls_below(graph, child);
    }
    return calls;
}

static void check_counts(const struct run *run)
{
    const struct call_counts *counts = &run->counts;
    uint64_t ended = 0;
    for (int i = 0; i < CALL_ENDS; i++)
        ended += counts->ends[i];
    FUZZ_CHECK(counts->ends[CALL_OPEN] == 0 && ended == counts->calls);
    FUZZ_CHECK(counts->calls == run->entries);
    FUZZ_CHECK(counts->events == run->entries + run->exits);
    FUZZ_CHECK(counts->no_duration + counts->paused + counts->uncertain <=
               counts->ends[CALL_RETURNED]);
}

static void pair_calls(const struct call_visitor *visitor, struct fuzz_input input, struct run *run)
{
    struct function_table *functions = function_table_new(NULL, NULL);
    unsigned first = fuzz_byte(&input);
    const struct thread_set switching = {.has_all = first / 4 % 2 != 0};
    struct call_pairing *pairing = call_pairing_new(visitor, &run->counts, &switching);
    if (!functions || !pairing)
        abort();
    run->time = 1;
    run->in_range = first % 4 != 0;
    if (run->in_range && call_pairing_begin_range(pairing) != 0)
        abort();
    while (input.size > 0)
        if (*input.data < OTHERS) {
            send_event(pairing, functions, run, &input);
        } else {
            fuzz_byte(&input);
            send_other(pairing, run, &input);
        }
    if (call_pairing_finish(pairing, run->time) != 0)
        abort();
    check_counts(run);
    FUZZ_CHECK(run->counts.swapped <= (switching.has_all ? 0 : run->counts.ends[CALL_RETURNED]));
    call_pairing_free(pairing);
    function_table_free(functions);
}

/* Returns how many exits of known threads have no entry. */
static uint64_t check_calls(struct fuzz_input input)
{
    struct run run = {.shows = getenv("FUZZ_SHOW") != NULL};
    const struct call_visitor visitor = {
        .data = &run,
        .call_size = sizeof(struct kept),
        .entered = on_entered,
        .left = on_left,
        .lone_exit = on_lone_exit,
    };
    pair_calls(&visitor, input, &run);
    FUZZ_CHECK(run.returned + run.lone == run.exits);
    FUZZ_CHECK(run.left == run.entered && run.open == 0);
    FUZZ_CHECK(run.counts.lone_exits + run.counts.lost_entries == run.lone_known);
    return run.lone_known;
}

/* An exit without an entry is a call, too. */
static void check_profile(struct fuzz_input input, uint64_t lone)
{
    struct run run = {0};
    struct trace_profile *profile = trace_profile_new(&(struct trace_profile_options){0});
    if (!profile)
        abort();
    const struct call_visitor visitor = trace_profile_visitor(profile);
    pair_calls(&visitor, input, &run);
    check_lines(profile, run.counts.calls + lone);
    trace_profile_free(profile);
}

static void check_graph(struct fuzz_input input)
{
    struct run run = {0};
    struct call_graph *graph = call_graph_new(&(struct call_graph_options){0});
    if (!graph)
        abort();
    const struct call_visitor visitor = call_graph_visitor(graph);
    pair_calls(&visitor, input, &run);
    if (call_graph_finish(graph) != 0)
        abort();
    FUZZ_CHECK(calls_below(graph, 0) + call_graph_unplaced(graph) == run.counts.calls);
    call_graph_free(graph);
}

/* ---- an export: calls that are entered and left, and calls that have ended ---- */

struct timeline {
    VEC(uint64_t) open[4]; /* by thread: the calls' IDs */
    uint64_t last_ns[4];
    uint64_t calls, lone;
    bool is_exact; /* times are those of events */
};

static void move_on(struct timeline *timeline, const struct exported_call *call, uint64_t now_ns)
{
    uint64_t *last_ns = &timeline->last_ns[call->thread->tid];
    FUZZ_CHECK(now_ns >= *last_ns);
    *last_ns = now_ns;
}

static int timeline_enter(struct export *export, const struct exported_call *call, uint64_t now_ns,
                          const struct trace_event *entry)
{
    struct timeline *timeline = export->state;
    size_t n = timeline->open[call->thread->tid].count;
    uint64_t *id = vec_push(&timeline->open[call->thread->tid]);
    if (!id)
        abort();
    FUZZ_CHECK(call->parent_id == (n ? id[-1] : 0));
    *id = call->id;
    move_on(timeline, call, now_ns);
    FUZZ_CHECK(!timeline->is_exact || now_ns == entry->time_ns);
    return 0;
}

static int timeline_leave(struct export *export, const struct exported_call *call, uint64_t now_ns,
                          const struct trace_event *exit)
{
    struct timeline *timeline = export->state;
    size_t *n = &timeline->open[call->thread->tid].count;
    FUZZ_CHECK(*n > 0 && timeline->open[call->thread->tid].items[--*n] == call->id);
    move_on(timeline, call, now_ns);
    FUZZ_CHECK(now_ns >= call->begin_ns + export->format->has_no_empty_calls);
    FUZZ_CHECK(!timeline->is_exact || !call->has_duration || now_ns == exit->time_ns);
    return 0;
}

static int timeline_lone_exit(struct export *export, const struct exported_call *call,
                              uint64_t now_ns, const struct trace_event *exit)
{
    move_on(export->state, call, now_ns);
    (void)exit;
    return 0;
}

static int timeline_call(struct export *export, const struct exported_call *call,
                         const struct trace_event *exit)
{
    struct timeline *timeline = export->state;
    timeline->calls += call->end != CALL_OPEN;
    timeline->lone += call->end == CALL_OPEN;
    FUZZ_CHECK(call->has_exit == (exit != NULL) && call->parent_id < call->id);
    FUZZ_CHECK(call->times.net_ns >= 0 && call->times.self_net_ns >= 0);
    return 0;
}

static void check_export(struct fuzz_input input, bool net, bool has_no_empty_calls)
{
    static const struct call_costs costs = {1, 2, 3, 1, 0};
    const struct export_format format = {
        .has_no_empty_calls = has_no_empty_calls,
        .call = timeline_call,
        .enter = timeline_enter,
        .leave = timeline_leave,
        .lone_exit = timeline_lone_exit,
    };
    struct run run = {0};
    struct timeline timeline = {.is_exact = !net && !has_no_empty_calls};
    struct export *export = export_new(
        &format, &(struct export_options){.stream = stdout, .costs = net ? &costs : NULL});
    if (!export)
        abort();
    export->state = &timeline;
    const struct call_visitor visitor = export_visitor(export);
    pair_calls(&visitor, input, &run);
    FUZZ_CHECK(timeline.calls == run.counts.calls);
    FUZZ_CHECK(timeline.calls + timeline.lone == export->n_calls);
    for (int i = 0; i < 4; i++) {
        FUZZ_CHECK(timeline.open[i].count == 0);
        vec_free(&timeline.open[i]);
    }
    export_free(export);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct fuzz_input input = {data, size};
    check_profile(input, check_calls(input));
    check_graph(input);
    for (int i = 0; i < 4; i++)
        check_export(input, i & 1, i & 2);
    return 0;
}
