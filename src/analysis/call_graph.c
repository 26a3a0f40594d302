/* SPDX-License-Identifier: MIT */
#include "analysis/call_graph.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/name_rows.h"
#include "util/arena.h"
#include "util/cleanup.h"
#include "util/table.h"
#include "util/text.h"
#include "util/vec.h"

/* What is kept of an open call; the reader zeroes it. */
struct graph_call {
    struct call_time time;
    uint32_t node; /* of this call; of one that has none, its caller's; 0: outside the trees */
    bool is_own;   /* this call's own */
    bool is_cut;   /* it has no node, and what it calls has none, either */
};

struct graph_function {
    bool is_known;
    bool is_root;
    uint32_t name;  /* functions of one name share a node */
    uint32_t shown; /* the name of a node of this function only */
};

struct call_graph {
    struct call_graph_options options;
    struct call_times times;
    struct name_rows names;
    VEC(struct graph_function) functions; /* by the function's id */
    VEC(struct graph_node) nodes;         /* the first one is above the roots */
    struct table by_path;                 /* by parent and name: the node */
    struct table threads;                 /* by struct traced_thread: struct timed_thread */
    struct arena memory;                  /* these */
    uint32_t n_threads;
    uint64_t unplaced;
    bool has_cpu;
};

/* ---- Names */

/* The end of the template arguments that begin at `at`, or NULL. */
static const char *arguments_end(const char *at)
{
    unsigned depth = 0;
    for (; *at; at++) {
        depth += *at == '<';
        depth -= *at == '>';
        if (depth == 0)
            return at + 1;
    }
    return NULL;
}

/* The name without numbers and template arguments: "f<...>" of "f<int>", "f_N" of "f_12". The
   caller frees it. NULL: out of memory. */
static char *folded_name(const char *name)
{
    char *folded = malloc(5 * strlen(name) + 1), *out = folded;
    const char *at = name;
    while (folded && *at) {
        const char *end = *at == '<' ? arguments_end(at) : NULL;
        if (strncmp(at, "operator", 8) == 0) { /* of operator<, operator-> */
            size_t length = 8 + strspn(at + 8, "<>-=");
            out = mempcpy(out, at, length);
            at += length;
        } else if (end) {
            out = mempcpy(out, "<...>", 5);
            at = end;
        } else if (isdigit((unsigned char)*at)) {
            *out++ = 'N';
            at += strspn(at, "0123456789");
        } else {
            *out++ = *at++;
        }
    }
    if (folded)
        *out = '\0';
    return folded;
}

static const struct graph_function *graph_function_of(struct call_graph *graph,
                                                      const struct traced_function *function)
{
    bool added;
    while (graph->functions.count <= function->id)
        if (!vec_push(&graph->functions))
            return NULL;
    struct graph_function *known = &graph->functions.items[function->id];
    if (known->is_known)
        return known;
    cleanup(cleanup_free) char *folded = graph->options.fold ? folded_name(function->name) : NULL;
    if (graph->options.fold && !folded)
        return NULL;
    cleanup(cleanup_free) char *name = text_format(
        "%s%s%s", function->module, *function->module ? ":" : "", folded ? folded : function->name);
    int64_t number = name ? name_rows_add(&graph->names, name, &added) : -ENOMEM, own = number;
    if (folded && number >= 0) {
        cleanup(cleanup_free) char *whole =
            text_format("%s%s%s", function->module, *function->module ? ":" : "", function->name);
        own = whole ? name_rows_add(&graph->names, whole, &added) : -ENOMEM;
    }
    if (number < 0 || own < 0)
        return NULL;
    known->name = (uint32_t)number;
    known->shown = (uint32_t)own;
    known->is_root =
        !graph->options.is_root || graph->options.is_root(graph->options.data, function);
    known->is_known = true;
    return known;
}

/* ---- Nodes */

static uint32_t node_depth(const struct call_graph *graph, uint32_t index)
{
    uint32_t depth = 0;
    for (; index; index = graph->nodes.items[index].parent)
        depth++;
    return depth;
}

/* A node that has calls of several functions shows the name that they share. */
static void share_node(struct graph_node *node, const struct graph_function *function)
{
    if (node->shown != function->shown)
        node->shown = node->name;
}

/* *index: the child of that name. -ENOMEM; -E2BIG: there is none, nor room for it. */
static int find_child(struct call_graph *graph, uint32_t parent,
                      const struct graph_function *function, uint32_t *index)
{
    uint64_t key = (uint64_t)parent << 32 | function->name;
    *index = (uint32_t)(uintptr_t)table_get(&graph->by_path, key);
    if (*index) {
        share_node(&graph->nodes.items[*index], function);
        return 0;
    }
    unsigned depth = graph->options.depth;
    if (depth && node_depth(graph, parent) >= depth)
        return -E2BIG;
    if (graph->nodes.count >= GRAPH_NODES_MAX) {
        graph->unplaced++;
        return -E2BIG;
    }
    uint32_t added = (uint32_t)graph->nodes.count;
    struct graph_node *node = vec_push(&graph->nodes);
    if (!node)
        return -ENOMEM;
    if (table_put(&graph->by_path, key, (void *)(uintptr_t)added) < 0) {
        graph->nodes.count--;
        return -ENOMEM;
    }
    node->parent = parent;
    node->name = function->name;
    node->shown = function->shown;
    node->next = graph->nodes.items[parent].first;
    graph->nodes.items[parent].first = added;
    *index = added;
    return 0;
}

/* ---- Calls */

static struct timed_thread *graph_thread(struct call_graph *graph,
                                         const struct traced_thread *thread)
{
    struct timed_thread *timed = table_get(&graph->threads, (uintptr_t)thread);
    if (timed)
        return timed;
    timed = arena_alloc(&graph->memory, sizeof(*timed));
    if (!timed || table_put(&graph->threads, (uintptr_t)thread, timed) < 0)
        return NULL;
    timed->number = graph->n_threads++;
    return timed;
}

/* The node of a call in a tree of calls. */
static int place_call(struct call_graph *graph, const struct call *call,
                      const struct graph_function *function, struct graph_call *kept)
{
    const struct graph_call *outer = call->parent ? call->parent->data : NULL;
    kept->node = outer ? outer->node : 0;
    kept->is_cut = outer && outer->is_cut;
    if (kept->is_cut || !call->function->selected || (kept->node == 0 && !function->is_root))
        return 0;
    if (graph->options.fold && kept->node &&
        graph->nodes.items[kept->node].name == function->name) {
        share_node(&graph->nodes.items[kept->node], function);
        kept->is_own = true;
        return 0;
    }
    uint32_t node;
    int r = find_child(graph, kept->node, function, &node);
    kept->is_own = r == 0;
    kept->is_cut = r == -E2BIG;
    if (r == 0)
        kept->node = node;
    return r == -E2BIG ? 0 : r;
}

/* The node of a call in a tree of callers: the outermost caller's. */
static int place_callers(struct call_graph *graph, const struct call *call,
                         const struct graph_function *function, struct graph_call *kept)
{
    if (!call->function->selected || !function->is_root)
        return 0;
    uint32_t node = 0;
    int r = find_child(graph, 0, function, &node);
    kept->is_own = r == 0;
    for (const struct call *caller = call->parent; r == 0 && caller; caller = caller->parent) {
        kept->node = node;
        if (!caller->function->selected)
            continue;
        function = graph_function_of(graph, caller->function);
        if (!function)
            return -ENOMEM;
        if (graph->options.fold && graph->nodes.items[node].name == function->name)
            share_node(&graph->nodes.items[node], function);
        else
            r = find_child(graph, node, function, &node);
    }
    kept->node = r == 0 ? node : kept->node;
    return r == -E2BIG ? 0 : r;
}

static int on_graph_entered(void *data, struct call *call, const struct trace_event *event)
{
    struct call_graph *graph = data;
    struct graph_call *kept = call->data;
    struct timed_thread *thread = graph_thread(graph, call->thread);
    const struct graph_function *function = graph_function_of(graph, call->function);
    (void)event;
    if (!thread || !function ||
        (table_room(&graph->times.nesting) == 0 && call_times_reserve(&graph->times, 1) < 0))
        return -ENOMEM;
    uint32_t kind = function->name;
    int r;
    if (graph->options.callers) {
        r = place_callers(graph, call, function, kept);
    } else {
        r = place_call(graph, call, function, kept);
        kind = kept->is_own ? kept->node : 0; /* calls of one node are of one kind */
    }
    if (r == 0)
        call_times_enter(&graph->times, thread, &kept->time, kind, call->entry_ns,
                         trace_event_costs(event, graph->options.costs));
    return r;
}

/* Each moment counts once. */
static void count_node(struct graph_node *node, const struct call_duration *duration, bool net)
{
    node->calls++;
    if (!duration)
        return;
    node->returned++;
    node->self_ns += net ? duration->self_net_ns : (int64_t)duration->self_raw_ns;
    node->total_ns += net ? duration->net_ns - duration->nested_net_ns
                          : (int64_t)(duration->raw_ns - duration->nested_raw_ns);
    cpu_share_add(&node->cpu, duration, net);
}

static int on_graph_left(void *data, struct call *call, const struct trace_event *event)
{
    struct call_graph *graph = data;
    struct graph_call *kept = call->data;
    struct timed_thread *thread = graph_thread(graph, call->thread);
    struct call_duration duration;
    if (!thread)
        return -ENOMEM;
    kept->time.is_recorded =
        event && call->has_duration && event->layout->extras[EXTRA_DURATION] >= 0;
    kept->time.is_unknown = !call->has_duration;
    kept->time.recorded_ns = call->duration_ns;
    kept->time.cpu_ns = trace_event_cpu_time(event, &graph->has_cpu);
    if (event)
        call_times_return(&graph->times, thread, &kept->time, call->end_ns,
                          trace_event_costs(event, graph->options.costs), &duration);
    else
        call_times_left(&graph->times, thread, &kept->time);
    if (!kept->is_own || call->before_range)
        return 0;
    bool net = graph->options.costs != NULL;
    const struct call_duration *known = event && call->has_duration ? &duration : NULL;
    uint32_t node = kept->node;
    if (graph->options.callers) {
        /* Of the callers, those of the outermost call count. */
        struct call_duration of_caller = duration;
        if (kept->time.is_nested) {
            of_caller.nested_raw_ns = duration.raw_ns;
            of_caller.nested_net_ns = duration.net_ns;
            of_caller.nested_cpu = duration.cpu;
        } else {
            of_caller.nested_raw_ns = 0;
            of_caller.nested_net_ns = 0;
            of_caller.nested_cpu = (struct call_cpu){0};
        }
        for (; graph->nodes.items[node].parent; node = graph->nodes.items[node].parent)
            count_node(&graph->nodes.items[node], known ? &of_caller : NULL, net);
    }
    count_node(&graph->nodes.items[node], known, net);
    return 0;
}

/* ---- Afterwards */

/* A child has a higher index than its parent. */
static void weigh(struct call_graph *graph)
{
    for (size_t i = graph->nodes.count; i-- > 1;) {
        struct graph_node *node = &graph->nodes.items[i];
        if (node->returned)
            node->weight_ns = node->total_ns > 0 ? (uint64_t)node->total_ns : 0;
        graph->nodes.items[node->parent].weight_ns += node->weight_ns;
    }
}

struct sorted_child {
    uint64_t weight_ns, calls;
    const char *name;
    uint32_t index;
};

static int compare_children(const void *x, const void *y)
{
    const struct sorted_child *a = x, *b = y;
    if (a->weight_ns != b->weight_ns)
        return a->weight_ns > b->weight_ns ? -1 : 1;
    if (a->calls != b->calls)
        return a->calls > b->calls ? -1 : 1;
    return strcmp(a->name, b->name);
}

int call_graph_finish(struct call_graph *graph)
{
    VEC(struct sorted_child) children = {0};
    weigh(graph);
    for (size_t i = 0; i < graph->nodes.count; i++) {
        struct graph_node *parent = &graph->nodes.items[i];
        children.count = 0;
        for (uint32_t k = parent->first; k; k = graph->nodes.items[k].next) {
            const struct graph_node *node = &graph->nodes.items[k];
            struct sorted_child *child = vec_push(&children);
            if (!child) {
                vec_free(&children);
                return -ENOMEM;
            }
            *child = (struct sorted_child){node->weight_ns, node->calls,
                                           call_graph_name(graph, node), k};
        }
        if (children.count)
            qsort(children.items, children.count, sizeof(children.items[0]), compare_children);
        uint32_t next = 0;
        for (size_t k = children.count; k-- > 0; next = children.items[k].index)
            graph->nodes.items[children.items[k].index].next = next;
        parent->first = next;
    }
    vec_free(&children);
    return 0;
}

struct call_graph *call_graph_new(const struct call_graph_options *options)
{
    struct call_graph *graph = calloc(1, sizeof(*graph));
    if (!graph)
        return NULL;
    graph->options = *options;
    if (!vec_push(&graph->nodes)) {
        free(graph);
        return NULL;
    }
    return graph;
}

void call_graph_free(struct call_graph *graph)
{
    if (!graph)
        return;
    call_times_free(&graph->times);
    name_rows_free(&graph->names);
    vec_free(&graph->functions);
    vec_free(&graph->nodes);
    table_free(&graph->by_path);
    table_free(&graph->threads);
    arena_free(&graph->memory);
    free(graph);
}

struct call_visitor call_graph_visitor(struct call_graph *graph)
{
    return (struct call_visitor){.data = graph,
                                 .call_size = sizeof(struct graph_call),
                                 .entered = on_graph_entered,
                                 .left = on_graph_left};
}

const struct graph_node *call_graph_node(const struct call_graph *graph, uint32_t index)
{
    return &graph->nodes.items[index];
}

const char *call_graph_name(const struct call_graph *graph, const struct graph_node *node)
{
    return graph->names.names.items[node->shown];
}

bool call_graph_has_cpu(const struct call_graph *graph)
{
    return graph->has_cpu;
}

uint64_t call_graph_unplaced(const struct call_graph *graph)
{
    return graph->unplaced;
}
