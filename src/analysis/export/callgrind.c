/* SPDX-License-Identifier: MIT */
/*
 * The format of Valgrind's Callgrind (Valgrind manual, "Callgrind Format Specification"), for
 * callgrind_annotate and KCachegrind: own times of functions, and for each pair of caller and
 * callee the number of calls and their time. Times are in nanoseconds.
 *
 * The times of all calls of a function are together its total in a report: each moment counts once.
 * What a function that calls itself takes is in the call from outside.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/export/formats.h"
#include "util/table.h"
#include "util/text.h"
#include "util/vec.h"

struct cost {
    int64_t net_ns, raw_ns;
};

/* The calls of a function by another one. */
struct call_edge {
    uint32_t callee;
    uint32_t next; /* of the same caller: 1 + its index; 0: none */
    uint64_t calls;
    struct cost cost;
};

struct caller {
    const struct traced_function *function; /* NULL: it was not met */
    struct cost self;
    uint32_t first; /* of its edges: 1 + the index */
    bool has_name;  /* the name was written */
};

/* Functions are numbered by 1 + their ID. Number 0 is the caller of calls without one. */
struct callgrind {
    VEC(struct caller) callers;
    VEC(struct call_edge) edges;
    struct table by_pair; /* 1 + the index of the edge */
};

static int callgrind_begin(struct export *export)
{
    export->state = calloc(1, sizeof(struct callgrind));
    return export->state ? 0 : -ENOMEM;
}

static void callgrind_release(struct export *export)
{
    struct callgrind *grind = export->state;
    vec_free(&grind->callers);
    vec_free(&grind->edges);
    table_free(&grind->by_pair);
    free(grind);
}

static uint32_t callgrind_number(const struct traced_function *function)
{
    return function ? function->id + 1 : 0;
}

static struct caller *caller_of(struct callgrind *grind, const struct traced_function *function)
{
    uint32_t number = callgrind_number(function);
    while (grind->callers.count <= number)
        if (!vec_push(&grind->callers))
            return NULL;
    grind->callers.items[number].function = function;
    return &grind->callers.items[number];
}

/* NULL: out of memory. */
static struct call_edge *edge_of(struct callgrind *grind, const struct traced_function *caller,
                                 const struct traced_function *callee)
{
    uint64_t key = (uint64_t)callgrind_number(caller) << 32 | callgrind_number(callee);
    uintptr_t index = (uintptr_t)table_get(&grind->by_pair, key);
    if (index)
        return &grind->edges.items[index - 1];
    struct caller *from = caller_of(grind, caller);
    struct call_edge *edge = from ? vec_push(&grind->edges) : NULL;
    if (!edge || table_put(&grind->by_pair, key, (void *)(uintptr_t)grind->edges.count) < 0)
        return NULL;
    edge->callee = callgrind_number(callee);
    edge->next = from->first;
    from->first = (uint32_t)grind->edges.count;
    return edge;
}

/* What the function took inside itself was counted for calls of it by itself: until the outer call
   has returned, it is not known whether that will count. `edge`: of the outer call. */
static int move_recursive(struct callgrind *grind, const struct exported_call *call,
                          struct call_edge *edge)
{
    if (call->recursive_raw_ns == 0 && call->recursive_net_ns == 0)
        return 0;
    edge->cost.net_ns += call->recursive_net_ns;
    edge->cost.raw_ns += call->recursive_raw_ns;
    struct call_edge *own = edge_of(grind, call->function, call->function);
    if (!own)
        return -ENOMEM;
    own->cost.net_ns -= call->recursive_net_ns;
    own->cost.raw_ns -= call->recursive_raw_ns;
    return 0;
}

static int callgrind_call(struct export *export, const struct exported_call *call,
                          const struct trace_event *exit)
{
    struct callgrind *grind = export->state;
    const struct call_duration *times = &call->times;
    struct caller *of = caller_of(grind, call->function);
    struct call_edge *edge = of ? edge_of(grind, call->caller, call->function) : NULL;
    (void)exit;
    if (!edge)
        return -ENOMEM;
    /* Where threads are not known, an entry and an exit are of one call. */
    edge->calls += call->end != CALL_OPEN || call->thread->tid || !call->function->has_entries;
    edge->cost.net_ns += times->net_ns - times->nested_net_ns;
    edge->cost.raw_ns += (int64_t)(times->raw_ns - times->nested_raw_ns);
    of = caller_of(grind, call->function);
    of->self.net_ns += times->self_net_ns;
    of->self.raw_ns += (int64_t)times->self_raw_ns;
    return call->has_duration ? move_recursive(grind, call, edge) : 0;
}

static void callgrind_text(FILE *stream, const char *text)
{
    size_t size = 4 * strlen(text) + 1;
    char *safe = malloc(size);
    if (safe)
        text_escape(safe, size, text, strlen(text));
    fputs(safe ? safe : "?", stream);
    free(safe);
}

static void write_cost(const struct export *export, const struct cost *cost, unsigned line)
{
    fprintf(export->stream, "%u", line);
    if (export->net)
        fprintf(export->stream, " %" PRId64, cost->net_ns > 0 ? cost->net_ns : 0);
    fprintf(export->stream, " %" PRId64 "\n", cost->raw_ns > 0 ? cost->raw_ns : 0);
}

/* The lines that name a function; `prefix` is "c" for a callee. Returns its line. Names are written
   once, and then referred to by their numbers ("Name Compression"). */
static unsigned write_place(const struct export *export, struct caller *named, uint32_t number,
                            const char *prefix)
{
    FILE *stream = export->stream;
    const struct traced_function *function = named->function;
    struct source_line source =
        function ? export_source(export, function) : (struct source_line){0};
    bool is_known = named->has_name;
    named->has_name = true;
    fprintf(stream, "%sob=(%" PRIu32 ")", prefix, number);
    if (!is_known) {
        putc(' ', stream);
        callgrind_text(stream, function && *function->module ? function->module : "???");
    }
    fprintf(stream, "\n%s=(%" PRIu32 ")", *prefix ? "cfi" : "fl", number);
    if (!is_known) {
        putc(' ', stream);
        callgrind_text(stream, source.file ? source.file : "???");
    }
    fprintf(stream, "\n%sfn=(%" PRIu32 ")", prefix, number);
    if (!is_known) {
        putc(' ', stream);
        if (function && *function->module) {
            callgrind_text(stream, function->module);
            putc(':', stream);
        }
        callgrind_text(stream, function ? function->name : "(none)");
    }
    putc('\n', stream);
    return source.line;
}

static void write_edges(struct export *export, const struct caller *caller, unsigned line)
{
    struct callgrind *grind = export->state;
    for (uint32_t next = caller->first; next;) {
        const struct call_edge *edge = &grind->edges.items[next - 1];
        unsigned callee_line =
            write_place(export, &grind->callers.items[edge->callee], edge->callee, "c");
        fprintf(export->stream, "calls=%" PRIu64 " %u\n", edge->calls, callee_line);
        write_cost(export, &edge->cost, line);
        next = edge->next;
    }
}

static int callgrind_end(struct export *export)
{
    struct callgrind *grind = export->state;
    FILE *stream = export->stream;
    struct cost total = {0};
    fprintf(stream, "# callgrind format\nversion: 1\ncreator: ptrace_tracer %s\ncmd: ",
            export->options.version);
    callgrind_text(stream, export->options.name);
    fprintf(stream, "\npositions: line\n%sevent: Wall : ns as recorded\nevents: %sWall\n",
            export->net ? "event: Net : ns without what tracing cost\n" : "",
            export->net ? "Net " : "");
    for (size_t i = 0; i < grind->callers.count; i++) {
        struct caller *caller = &grind->callers.items[i];
        if (!caller->function && !caller->first)
            continue;
        putc('\n', stream);
        unsigned line = write_place(export, caller, (uint32_t)i, "");
        write_cost(export, &caller->self, line);
        write_edges(export, caller, line);
        total.net_ns += caller->self.net_ns;
        total.raw_ns += caller->self.raw_ns;
    }
    fputs("\ntotals:", stream);
    if (export->net)
        fprintf(stream, " %" PRId64, total.net_ns);
    fprintf(stream, " %" PRId64 "\n", total.raw_ns);
    return 0;
}

const struct export_format export_callgrind = {
    .name = "callgrind",
    .what = "callgrind_annotate and KCachegrind: callers and callees",
    .begin = callgrind_begin,
    .call = callgrind_call,
    .end = callgrind_end,
    .release = callgrind_release,
};
